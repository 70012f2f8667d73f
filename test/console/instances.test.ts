import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createPostgresKeyStore, createPostgresReplayStore } from 'sallyport/postgres'
import { createSchema, makeTables, openIn, type Schema } from '../adapters/postgres/schema.js'
import { databaseUrl, describeWith } from '../services.js'
import { ANN, openConsole, SCOPES, type Scope } from './harness.js'

jest.setTimeout(60_000)

/** The console at the instances of one API, each with its own connections. */
describeWith(databaseUrl, 'two instances over one PostgreSQL', (url) => {
  let schema: Schema
  let closing: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    schema = await createSchema(url)
    await makeTables(schema)
  })
  afterAll(async () => {
    for (const close of closing) await close()
    closing = []
    await schema.drop()
  })

  /** @param isShared whether forms that were sent are kept for all instances */
  async function openInstance(isShared = true) {
    const pool = await openIn(schema, 4)
    const store = createPostgresKeyStore(pool)
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store }, scopes: SCOPES },
    })
    closing.push(
      () => gate.close(),
      () => pool.end(),
    )
    const forms = isShared ? { forms: createPostgresReplayStore(pool) } : {}
    return openConsole({ ...forms, clock: Date.now }, gate)
  }

  const NEW = { name: '', environment: 'live', kind: 'sk', scopes: ['read:orders'], expiry: '90d' }
  const named = async ({ gate }: Awaited<ReturnType<typeof openInstance>>, name: string) =>
    (await gate.keys.list({ ownerId: ANN.ownerId })).items.filter((key) => key.name === name)

  test('a form that is posted to both makes one key, and the other answer leads to it', async () => {
    const [here, there] = [await openInstance(), await openInstance()]
    const { text } = await here.send('/keys/new')
    const form = { ...NEW, name: 'Only one' }
    const first = await there.post('/keys', text, form)
    expect(first.status).toBe(201)
    const second = await here.post('/keys', text, form)
    expect(second.status).toBe(409)
    const [key, ...others] = await named(here, 'Only one')
    expect(others).toEqual([])
    expect(second.text).toContain(`keys/${String(key?.id)}`)
  })

  test('of forms that are posted at the same moment, one makes a key', async () => {
    const [here, there] = [await openInstance(), await openInstance()]
    for (let time = 0; time < 5; time++) {
      const name = `At once ${String(time)}`
      const { text } = await here.send('/keys/new')
      const answers = await Promise.all(
        [here, there, here, there].map((one) => one.post('/keys', text, { ...NEW, name })),
      )
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409])
      expect(await named(there, name)).toHaveLength(1)
    }
  })

  test('a rotation that is posted to both makes one successor', async () => {
    const [here, there] = [await openInstance(), await openInstance()]
    const { id } = await here.gate.keys.create({
      ...{ name: 'Rotated', ownerId: ANN.ownerId, environment: 'live', scopes: ['read:orders'] },
    })
    const { text } = await here.send(`/keys/${id}/rotate`)
    const answers = await Promise.all(
      [here, there].map((one) => one.post(`/keys/${id}/rotate`, text, { grace: '24h' })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    expect(await named(here, 'Rotated')).toHaveLength(2)
  })

  test('control: without a store that both share, each makes a key', async () => {
    const [here, there] = [await openInstance(false), await openInstance(false)]
    const { text } = await here.send('/keys/new')
    const form = { ...NEW, name: 'Twice' }
    expect((await here.post('/keys', text, form)).status).toBe(201)
    expect((await there.post('/keys', text, form)).status).toBe(201)
    expect(await named(here, 'Twice')).toHaveLength(2)
  })

  test('while PostgreSQL is away, no form is taken', async () => {
    const pool = await openIn(schema, 1)
    const { gate, send, post, errors } = openConsole({ forms: createPostgresReplayStore(pool) })
    await pool.end()
    const { text } = await send('/keys/new')
    expect((await post('/keys', text, { ...NEW, name: 'Lost' })).status).toBe(503)
    expect(errors).toHaveLength(1)
    expect((await gate.keys.list({ ownerId: ANN.ownerId })).items).toEqual([])
  })
})
