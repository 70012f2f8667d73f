import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createPair, issuerWith, NOW, signText, signToken } from '../../jwt/issuer.js'
import { FRAMEWORKS, ISSUER, openIssuer, serve } from './api.js'

const pair = createPair('ES256', 'importer-1')
const login = createPair('EdDSA', 'login')
const HOSTS = { live: 'api.acme.example', sandbox: 'api-sandbox.acme.example' }
const from = (host: string) => ({ 'x-forwarded-host': host, 'x-forwarded-proto': 'https' })
const [LIVE, SANDBOX] = [from(HOSTS.live), from(HOSTS.sandbox)]

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

describe.each(FRAMEWORKS)(
  'tokens are of one environment, and work on its host alone: %s',
  (framework) => {
    async function open() {
      const account = {
        ...{
          id: 'svc_importer',
          ownerId: 'org_1',
          scopes: ['read:orders'],
          environment: 'sandbox',
        },
        jwks: { keys: [pair.jwk] },
      }
      const site = openIssuer({
        environment: { live: { hosts: [HOSTS.live] }, sandbox: { hosts: [HOSTS.sandbox] } },
        trustProxy: ['127.0.0.1'],
        issuers: [issuerWith(login, { environment: 'sandbox' })],
        issuing: { serviceAccounts: (id) => (id === account.id ? account : undefined) },
      })
      const { post, ask, close } = await serve(framework, site.gate)
      closing.push(close)
      const orders = async (token: string, host: object) =>
        (await ask('/orders', { headers: { authorization: `Bearer ${token}`, ...host } })).status
      return { ...site, post, orders }
    }

    test('those made from a key, and the key at the token endpoint', async () => {
      const { create, post, orders } = await open()
      const { id, secret } = await create({ environment: 'sandbox' })
      const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret }
      expect((await post('/token', form, LIVE)).status).toBe(401)
      expect((await post('/token', form, from('other.example'))).status).toBe(421)
      const native = await post('/token', {}, { authorization: `Bearer ${secret}`, ...LIVE })
      expect(native.status).toBe(401)
      const answer = await post('/token', form, SANDBOX)
      expect(answer.status).toBe(200)
      const token = String(answer.body['access_token'])
      expect([await orders(token, SANDBOX), await orders(token, LIVE)]).toEqual([200, 401])
    })

    test('and on a host of none, a request is refused before its form is read', async () => {
      const { post } = await open()
      const unread = 'scope=a&scope=b'
      expect((await post('/token', unread, SANDBOX)).status).toBe(400)
      expect((await post('/token', unread, from('other.example'))).status).toBe(421)
    })

    test('those of a service account, and its assertion', async () => {
      const { post, orders } = await open()
      const assert = async (host: Readonly<Record<string, string>>) => {
        const claims = { iss: 'svc_importer', sub: 'svc_importer', aud: ISSUER, jti: randomUUID() }
        const text = JSON.stringify({ ...claims, iat: NOW, exp: NOW + 300 })
        const assertion = await signText(text, pair, { typ: undefined })
        const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
        return post('/token', { grant_type: grant, assertion }, host)
      }
      expect((await assert(LIVE)).status).toBe(401)
      const answer = await assert(SANDBOX)
      expect(answer.status).toBe(200)
      const token = String(answer.body['access_token'])
      expect([await orders(token, SANDBOX), await orders(token, LIVE)]).toEqual([200, 401])
    })

    test('those of an issuer', async () => {
      const { orders } = await open()
      const token = await signToken({}, login)
      expect([await orders(token, SANDBOX), await orders(token, LIVE)]).toEqual([200, 401])
    })
  },
)
