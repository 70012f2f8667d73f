import { afterAll, beforeAll, expect, test } from '@jest/globals'
import express from 'express'
import { createGate, type ApiKey } from 'sallyport'
import { keyEndpoints } from 'sallyport/express'
import { createPostgresKeyStore, type OpenPostgres } from 'sallyport/postgres'
import request from 'supertest'
import { databaseUrl, describeWith } from '../../services.js'
import { createSchema, openIn, type Schema } from './schema.js'

const MANAGER = { name: 'Manager', ownerId: 'org_1', scopes: ['manage:keys'] } as const

describeWith(databaseUrl, 'what a stolen manager has made, in PostgreSQL', (url) => {
  let schema: Schema
  let pool: OpenPostgres

  beforeAll(async () => {
    schema = await createSchema(url)
    pool = await openIn(schema)
  })
  afterAll(async () => {
    await pool.end()
    await schema.drop()
  })

  test('is revoked with it, directly and indirectly, with successors; and nothing else is', async () => {
    const store = createPostgresKeyStore(pool, { listen: false })
    await store.migrate()
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: { 'manage:keys': 1 } },
      bruteForce: false,
    })
    const app = express().use('/keys', keyEndpoints(gate, { scopes: ['manage:keys'] }))
    const make = async (secret: string) => {
      const asked = request(app).post('/keys').auth(secret, { type: 'bearer' })
      const made = await asked.send({ name: 'Made', scopes: ['manage:keys'] }).expect(201)
      return made.body as { id: string; secret: string }
    }
    const stateOf = async ({ id }: Pick<ApiKey, 'id'>) => (await gate.keys.get(id))?.state

    const manager = await gate.keys.create(MANAGER)
    const other = await gate.keys.create(MANAGER)
    const child = await make(manager.secret)
    const grandchild = await make(child.secret)
    const successor = await gate.keys.rotate(grandchild.id, { gracePeriod: '0s' })
    const stranger = await make(other.secret)
    // Control: without being told so, only the key itself is revoked.
    await gate.keys.revoke(manager.id)
    expect(await stateOf(child)).toBe('active')
    await gate.keys.revoke(manager.id, { descendants: true, reason: 'stolen' })
    for (const key of [manager, child, successor]) expect(await stateOf(key)).toBe('revoked')
    for (const key of [other, stranger]) expect(await stateOf(key)).toBe('active')
    expect(await gate.keys.get(child.id)).toMatchObject({ revocationReason: 'stolen' })
    expect(await gate.verify(successor.secret)).toMatchObject({ reason: 'key_revoked' })
    await gate.close()
  })
})
