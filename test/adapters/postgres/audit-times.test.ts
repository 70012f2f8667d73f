import { afterEach, beforeEach, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, createMemoryKeyStore, queryTrail, readEvents, type Gate } from 'sallyport'
import { auditEndpoints } from 'sallyport/express'
import {
  createPostgresAuditSink,
  type OpenPostgres,
  type PostgresAuditSink,
} from 'sallyport/postgres'
import request from 'supertest'
import { databaseUrl, describeWith } from '../../services.js'
import { createSchema, openIn, type Schema } from './schema.js'

const NO_TIMES = [
  ...['2026-02-30T21:00:00.000Z', '2026-01-30T24:00:00.000Z', '2026-01-30T21:00:00.00?Z'],
  ...['+02026-01-30T21:00:00.0Z', '~~~~~~~~~~~~~~~~~~~~~~~~'],
]

describeWith(databaseUrl, 'lines in PostgreSQL whose time is none', (url) => {
  let schema: Schema
  let pool: OpenPostgres
  let sink: PostgresAuditSink
  let gate: Gate<'read:audit'>
  beforeEach(async () => {
    schema = await createSchema(url)
    pool = await openIn(schema, 3)
    sink = createPostgresAuditSink(pool)
    await sink.migrate()
    gate = createGate({
      ...{ environment: 'live', scopes: ['read:audit'], audit: { sink } },
      keys: { prefix: 'acme', store: createMemoryKeyStore() },
    })
  })
  afterEach(async () => {
    await gate.close()
    await pool.end()
    await schema.drop()
  })

  /** What anybody may do who may insert. */
  async function insertAll(ownerId: string): Promise<void> {
    for (const [seq, time] of NO_TIMES.entries()) {
      const line = { v: 1, writer: 'odd', seq, time, kind: 'access', id: `x${time}`, ownerId }
      await schema.query('INSERT INTO sallyport_audit (line) VALUES ($1)', [JSON.stringify(line)])
    }
  }

  test('they are damaged, and the owner reads the rest of its audit log', async () => {
    const input = { name: 'CI', ownerId: 'org_1', scopes: ['read:audit'] as const }
    const { secret } = await gate.keys.create(input)
    await gate.audit.flush()
    await insertAll('org_1')
    const app = express().use('/audit', auditEndpoints(gate, { scopes: ['read:audit'] }))
    for (const path of ['/audit', '/audit/summary', '/audit/export']) {
      const answer = await request(app).get(path).set('x-api-key', secret)
      expect([path, answer.status]).toEqual([path, 200])
    }
    for (const limit of [1, 200]) {
      const { items } = await gate.audit.query({ ownerId: 'org_1', limit })
      expect(items.length).toBeGreaterThan(0)
    }
  })

  test('a query tells each of them once, and finds what readers of the whole log find', async () => {
    await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
    await gate.audit.flush()
    await insertAll('org_1')
    const damaged: string[] = []
    const { items } = await queryTrail(sink, {}, { onDamaged: ({ where }) => damaged.push(where) })
    const ids: string[] = []
    for await (const { id } of readEvents(sink)) ids.push(id)
    expect(items.map(({ id }) => id)).toEqual(ids.reverse())
    expect(ids).toHaveLength(1)
    expect(new Set(damaged).size).toBe(NO_TIMES.length)
    expect(damaged).toHaveLength(NO_TIMES.length)
  })
})
