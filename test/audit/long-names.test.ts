import { describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, queryTrail } from 'sallyport'
import { auditEndpoints, guard } from 'sallyport/express'
import request from 'supertest'
import { listen } from '../adapters/servers.js'
import { PLACES } from './places.js'

const START = 'o'.repeat(256)
/** Names that records do not have as they are, and what each of them was told as. */
const NAMES: readonly (readonly [string, string, string])[] = [
  ['too long', `${START}_clinic`, START],
  ['too long, with the same start', `${START}_clinic_1`, `${START}_clinic_2`],
  ['with what looks like a key', 'k_sk_aaaaaaaaaaaaaaaaaaaa', 'k_[secret]'],
  ['of characters with two halves', '\u{10348}'.repeat(400), '\u{10348}'.repeat(399)],
]

describe.each(PLACES)('in %s', (_place, placeFor) => {
  async function open() {
    const place = await placeFor()
    const sink = place.open()
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, audit: { sink } },
      scopes: ['read:audit'],
    })
    const otherwise = ({ headers }: express.Request) => {
      const tenant = headers['x-tenant']
      return {
        ownerId: decodeURIComponent(String(headers['x-owner'])),
        ...(tenant !== undefined && { tenantIds: [decodeURIComponent(String(tenant))] }),
        scopes: ['read:audit' as const],
      }
    }
    const app = express()
      .use('/audit', auditEndpoints(gate, { scopes: ['read:audit'], otherwise }))
      .use(
        '/clinic',
        guard(gate, {
          otherwise,
          tenant: (req: express.Request) => decodeURIComponent(String(req.headers['x-tenant'])),
        }),
        (_req, res) => void res.end('in'),
      )
      .use(guard(gate, { otherwise }), (_req, res) => void res.end('in'))
    const { server } = await listen(app)
    /** Before the place is closed. */
    const close = async () => {
      server.close()
      await gate.close()
    }
    const get = async (path: string, headers: Readonly<Record<string, string>>) => {
      const encoded = Object.entries(headers).map(([name, text]) => [
        name,
        encodeURIComponent(text),
      ])
      return request(server)
        .get(path)
        .set(Object.fromEntries(encoded) as typeof headers)
    }
    const read = async (headers: Readonly<Record<string, string>>) => {
      await gate.audit.flush()
      const { text } = await get('/audit', headers)
      const { records } = JSON.parse(text) as {
        readonly records: readonly { readonly path: string }[]
      }
      return records.map(({ path }) => path).filter((path) => path !== '/audit')
    }
    return { get, read, sink, close }
  }

  test.each(NAMES)('an owner %s reads its own records alone', async (_what, own, other) => {
    const { get, read, sink, close } = await open()
    await get('/orders', { 'x-owner': own })
    expect(await read({ 'x-owner': other })).toEqual([])
    expect(await read({ 'x-owner': own })).toEqual(['/orders'])
    // Whoever took the name of a record for its own would read that.
    const [event] = (await queryTrail(sink, { ownerId: own })).items
    expect(await read({ 'x-owner': event?.ownerId ?? '' })).toEqual([])
    await close()
  })

  test.each(NAMES)(
    'a caller for a tenant %s reads no records of another',
    async (_w, own, other) => {
      const { get, read, close } = await open()
      await get('/clinic', { 'x-owner': 'org_1', 'x-tenant': own })
      expect(await read({ 'x-owner': 'org_1', 'x-tenant': other })).toEqual([])
      expect(await read({ 'x-owner': 'org_1', 'x-tenant': own })).toEqual(['/clinic'])
      await close()
    },
  )
})
