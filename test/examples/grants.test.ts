import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createGrantStore } from '../../examples/oauth/grants.js'
import { openStores } from '../../examples/stores.js'
import { createSchema } from '../adapters/postgres/schema.js'
import { startExample } from '../contracts/server.js'
import { databaseUrl, describeWith } from '../services.js'
import { openBrowser, throughProxy } from './browser.js'

const AT_ONCE = 4

/** A code and a refresh token of a grant, each used several times at once. */
async function useAtOnce(database: string): Promise<void> {
  const { runSql, close } = await openStores(database)
  try {
    const documents = await createGrantStore(runSql)
    const of = (model: string) => documents(model)
    for (const model of ['AuthorizationCode', 'RefreshToken']) {
      const grantId = `grant of ${model}`
      await of('Grant').upsert(grantId, {}, 60)
      await of('Grant').upsert('another', {}, 60)
      await of('AccessToken').upsert(`other ${model}`, { grantId }, 60)
      await of(model).upsert('once', { grantId, scope: 'read' }, 60)
      const used = await Promise.allSettled(
        Array.from({ length: AT_ONCE }, () => of(model).consume('once')),
      )
      const refused = used.filter(({ status }) => status === 'rejected')
      expect(refused).toHaveLength(AT_ONCE - 1)
      for (const one of refused) expect(one).toMatchObject({ reason: { error: 'invalid_grant' } })
      expect(await of('Grant').find(grantId)).toBeUndefined()
      expect(await of('AccessToken').find(`other ${model}`)).toBeUndefined()
      expect(await of(model).find('once')).toBeUndefined()
      expect(await of('Grant').find('another')).toEqual({})
      await of(model).upsert('alone', { grantId, scope: 'read' }, 60)
      await of(model).consume('alone')
      const kept = { grantId, scope: 'read', consumed: expect.any(Number) }
      expect(await of(model).find('alone')).toEqual(kept)
    }
  } finally {
    await close()
  }
}

test('a code is used once of several times at once, and its grant ends: in SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-grants-'))
  try {
    await useAtOnce(':memory:')
    await useAtOnce(join(folder, 'grants.db'))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describeWith(databaseUrl, 'in PostgreSQL', (url) => {
  test('a code is used once of several times at once, and its grant ends', async () => {
    const schema = await createSchema(url)
    try {
      await useAtOnce(schema.url)
    } finally {
      await schema.drop()
    }
  })

  test('several exchanges of one code at once give one token, which opens nothing afterwards', async () => {
    const schema = await createSchema(url)
    const places = ['--database', schema.url, '--no-audit']
    const example = await startExample('reference', 'express', {}, ...places)
    try {
      const issuer = 'https://api.reference.example'
      const send = throughProxy(example.url, issuer)
      const client = { client_id: 'demo-client', redirect_uri: 'https://client.example/callback' }
      for (let round = 0; round < 3; round++) {
        const asked = new URL('/oauth/authorize', issuer)
        const wanted = { ...client, scope: 'read', response_type: 'code' }
        asked.search = String(new URLSearchParams(wanted))
        const browser = openBrowser(send)
        const { at: page } = await browser.open(asked)
        const password = example.credentials['password'] ?? ''
        const { at } = await browser.submit(page, { name: 'demo', password })
        const body = new URLSearchParams({
          ...{ ...client, client_secret: example.credentials['oauthClient'] ?? '' },
          ...{ grant_type: 'authorization_code', code: at.searchParams.get('code') ?? '' },
        })
        const answers = await Promise.all(
          Array.from({ length: AT_ONCE }, () => send('/oauth/token', { method: 'POST', body })),
        )
        const given = answers.filter(({ status }) => status === 200)
        expect(given.length).toBeLessThanOrEqual(1)
        for (const answer of answers.filter((one) => !given.includes(one))) {
          expect([answer.status, await answer.json()]).toEqual([
            400,
            expect.objectContaining({ error: 'invalid_grant' }),
          ])
        }
        for (const answer of given) {
          const { access_token: token } = (await answer.json()) as { access_token: string }
          const headers = { authorization: `Bearer ${token}` }
          expect((await send('/v1/users', { headers })).status).toBe(401)
        }
      }
    } finally {
      await example.stop()
      await schema.drop()
    }
  }, 30_000)
})
