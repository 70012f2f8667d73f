import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { generateKeyPairSync } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import express from 'express'
import {
  createGate,
  readEvents,
  verifyTrail,
  type AuditEvent,
  type AuditSink,
  type TrailReader,
} from 'sallyport'
import { auditEndpoints, auditOf, guard } from 'sallyport/express'
import { createAuditFiles } from 'sallyport/file'
import { createPostgresAuditSink } from 'sallyport/postgres'
import request from 'supertest'
import { createSchema, openIn } from '../adapters/postgres/schema.js'
import { databaseUrl, describeWith } from '../services.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

type Sink = AuditSink & TrailReader

/** A handler tells of health information when its answer was sent, and written. */
async function check(sink: Sink, isSigned: boolean): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const publicKeys = isSigned ? [publicKey.export({ type: 'spki', format: 'pem' }).toString()] : []
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:audit'] },
    audit: { sink, ...(isSigned && { key }) },
  })
  const { secret } = await gate.keys.create({ name: 'A', ownerId: 'org_1', scopes: ['read:audit'] })
  let told: Promise<void> = Promise.resolve()
  const late = async (req: express.Request, res: express.Response) => {
    await once(res, 'close')
    await gate.audit.flush()
    for (const resource of ['Patient', 'Claim']) {
      await auditOf(req).phi({ resource, action: 'read', ids: ['1'] })
      await gate.audit.flush()
    }
  }
  const app = express()
    .use('/audit', auditEndpoints(gate, { scopes: ['read:audit'] }))
    .get('/x', guard(gate), (req, res) => {
      told = late(req, res)
      res.end('x')
    })
  const get = (path: string) => request(app).get(path).set('authorization', `Bearer ${secret}`)
  for (let time = 0; time < 3; time++) {
    await get('/x')
    await told
  }
  const both = { phi: { resource: 'Patient' }, furtherPhi: [{ resource: 'Claim' }] }
  const three = [both, both, both]
  expect((await gate.audit.query({ kind: 'access' })).items).toMatchObject(three)
  expect((await gate.audit.query({ kind: 'access', limit: 2 })).items).toHaveLength(2)
  const summary = (await get('/audit/summary')).body as Record<string, unknown>
  expect(summary['phi']).toMatchObject({ Patient: 3, Claim: 3 })
  const lines = (await get('/audit/export?phi=Patient')).text.trim().split('\n')
  expect(lines).toHaveLength(3)
  await gate.close()
  const events: AuditEvent[] = []
  const read = readEvents(sink, undefined, undefined, { publicKeys })
  for await (const event of read) events.push(event)
  const asked = events.filter((event) => event.kind === 'access' && event.path === '/x')
  expect(asked).toMatchObject(three)
  expect(asked.map(({ proven }) => proven)).toEqual(Array(3).fill(isSigned))
  const { invalid, missing } = await verifyTrail(sink.lines(), { publicKeys })
  expect([invalid, missing]).toEqual([0, 0])
}

describe('health information that is told after the whole answer is part of the event', () => {
  test.each([false, true])('in files; signed: %s', async (isSigned) => {
    await check(createAuditFiles(mkdtempSync(join(tmpdir(), 'sallyport-late-'))), isSigned)
  })

  describeWith(databaseUrl, 'PostgreSQL', (url) => {
    test.each([false, true])('in PostgreSQL; signed: %s', async (isSigned) => {
      const schema = await createSchema(url)
      closing.push(() => schema.drop())
      const pool = await openIn(schema, 3)
      closing.push(() => pool.end())
      const sink = createPostgresAuditSink(pool)
      await sink.migrate()
      await check(sink, isSigned)
    })
  })
})
