import { randomUUID } from 'node:crypto'
import { afterEach, expect, test } from '@jest/globals'
import type { ServiceAccount } from 'sallyport'
import { createPair, NOW, signText } from '../../jwt/issuer.js'
import { ISSUER, openIssuer, serve, type OpenOptions } from './api.js'

const pair = createPair('ES256', 'importer-1')
const ACCOUNT: ServiceAccount = {
  id: 'svc_importer',
  ownerId: 'org_1',
  scopes: ['read:orders', 'write:orders'],
  jwks: { keys: [pair.jwk] },
}

const closing: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A gate with these accounts, and what it answers to an assertion of one of them. */
async function openAccounts(accounts: readonly ServiceAccount[], options: OpenOptions = {}) {
  const serviceAccounts = (id: string) => accounts.find((account) => account.id === id)
  const { gate } = openIssuer({ ...options, issuing: { serviceAccounts } })
  const { post, close } = await serve('Express', gate)
  closing.push(close)
  const ask = async (id = ACCOUNT.id, jti: string = randomUUID()) => {
    const claims = { iss: id, sub: id, aud: ISSUER, jti, iat: NOW, exp: NOW + 300 }
    const assertion = await signText(JSON.stringify(claims), pair, { typ: undefined })
    const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    return post('/token', { grant_type: grant, assertion })
  }
  const tokenOf = async () => String((await ask()).body['access_token'])
  return { gate, ask, tokenOf }
}

test('two accounts may call their assertions the same', async () => {
  const other = { ...ACCOUNT, id: 'svc_other' }
  const { ask } = await openAccounts([ACCOUNT, other])
  expect((await ask(ACCOUNT.id, 'one')).status).toBe(200)
  expect((await ask(other.id, 'one')).status).toBe(200)
  // The control: each of them may do so once.
  expect((await ask(other.id, 'one')).status).toBe(400)
})

test('a token of an account has the plan of everybody whose plan is not said', async () => {
  const { gate, tokenOf } = await openAccounts([ACCOUNT], {
    plans: { narrow: { quota: { limit: 2, window: '1h' } } },
    limits: { defaultPlan: 'narrow' },
  })
  const token = await tokenOf()
  // The exchange was the first of two.
  expect(await gate.verify(token)).toMatchObject({ allowed: true, auth: { plan: 'narrow' } })
  expect(await gate.verify(token)).toMatchObject({ reason: 'quota_exceeded' })
})

test('a token of an account has no scope that the gate where it is used does not know', async () => {
  const { tokenOf } = await openAccounts([ACCOUNT])
  const narrow = await openAccounts([ACCOUNT], { scopes: ['read:orders'] as never })
  expect(await narrow.gate.verify(await tokenOf())).toMatchObject({
    allowed: true,
    auth: { scopes: ['read:orders'] },
  })
})

test('a token of an account has the tenants of both, and members for what is said alone', async () => {
  const account = { ...ACCOUNT, tenantIds: ['clinic_1', 'clinic_2'] }
  const { gate, tokenOf } = await openAccounts([account])
  const token = await tokenOf()
  const decision = await gate.verify(token)
  expect(decision).toMatchObject({ auth: { tenantIds: ['clinic_1', 'clinic_2'] } })
  expect(decision.allowed && Object.keys(decision.auth)).not.toContain('plan')
  account.tenantIds.pop()
  const later = await openAccounts([{ ...account }])
  expect(await later.gate.verify(token)).toMatchObject({ auth: { tenantIds: ['clinic_1'] } })
})

test('a token of a key without a plan and a limit has neither', async () => {
  const { gate, create } = openIssuer({})
  const { accessToken } = await gate.tokens.exchange((await create()).secret)
  const decision = await gate.verify(accessToken)
  const members = decision.allowed ? Object.keys(decision.auth) : []
  expect(members).toContain('metadata')
  for (const name of ['plan', 'limit']) expect(members).not.toContain(name)
})
