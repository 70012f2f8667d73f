import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import {
  AuditError,
  createMemoryKeyStore,
  verifyTrail,
  type AccessRecord,
  type GateRequest,
} from 'sallyport'
import { auditedGate, KEY, keptSink, requestWith, SIGNING } from './gates.js'

function fail(): never {
  throw new Error('The framework does not know.')
}

/** A request of a framework whose adapter cannot name the route. */
function unnamed(secret: string, route: () => string = fail): GateRequest {
  const framework = { native: undefined, params: () => ({}), body: () => undefined }
  return { ...requestWith(secret), framework: { ...framework, route } }
}

class Response extends EventEmitter {
  readonly statusCode = 200
  readonly writableFinished = true
}

describe('an adapter whose route throws', () => {
  test.each([
    ['throws', fail],
    ['answers what is no text', () => 5 as unknown as string],
    ['control: names it', () => '/v1/patients/:id'],
  ])('or %s loses no record', async (_, route) => {
    const sink = keptSink()
    const told: unknown[] = []
    const gate = auditedGate({ sink, key: SIGNING.key }, (error) => told.push(error))
    const { secret } = await gate.keys.create(KEY)
    await gate.check(requestWith(secret, '/before'))
    for (const phi of [undefined, { resource: 'Patient', action: 'read' } as const]) {
      const decision = await gate.check(unnamed(secret, route), { ...(phi && { phi }) })
      expect(decision).toMatchObject({ allowed: true })
    }
    const response = new Response()
    await gate.check({ ...unnamed(secret, route), response })
    // A listener that throws would end the process.
    expect(() => response.emit('close')).not.toThrow()
    await gate.check(requestWith(secret, '/after'))
    await gate.close()
    const records = sink.records('access') as AccessRecord[]
    expect(records.map(({ path }) => path)).toEqual([
      '/before',
      ...['/v1/patients/pat_1', '/v1/patients/pat_1', '/v1/patients/pat_1'],
      '/after',
    ])
    expect(told).toEqual([])
    const lines = sink.entries.map(({ line }, at) => ({ line, where: String(at) }))
    expect(await verifyTrail(lines, SIGNING)).toMatchObject({ invalid: 0, missing: 0, dropped: 0 })
  })

  test('keeps nobody from being let in while somebody listens to decisions', async () => {
    const heard: unknown[] = []
    const hear = (message: unknown) => heard.push(message)
    subscribe('sallyport:decisions', hear)
    try {
      const gate = auditedGate({ sink: keptSink() })
      const { secret } = await gate.keys.create(KEY)
      expect(await gate.check(unnamed(secret))).toMatchObject({ allowed: true })
      expect(heard).toMatchObject([{ path: '/v1/patients/pat_1', route: undefined }])
      await gate.close()
    } finally {
      unsubscribe('sallyport:decisions', hear)
    }
  })
})

/** A store of which a row was spoilt by hand. */
function spoilt(change: object) {
  const store = createMemoryKeyStore()
  return {
    ...store,
    async findByDigest(digest: string) {
      const record = await store.findByDigest(digest)
      return record?.name === 'spoilt' ? { ...record, ...change } : record
    },
  }
}

describe('a record that cannot be told', () => {
  test.each([
    ['a scope that is no text', { scopes: ['read:patients', 5n] }],
    ['an owner that is no text', { ownerId: 5 }],
  ])('for %s takes no other one with it, and is counted', async (_, change) => {
    const sink = keptSink()
    const told: unknown[] = []
    const gate = auditedGate({ sink, key: SIGNING.key }, (error) => told.push(error), {
      keys: { prefix: 'acme', store: spoilt(change) },
    })
    const { secret } = await gate.keys.create(KEY)
    const poor = await gate.keys.create({ ...KEY, name: 'spoilt' })
    await gate.audit.flush()
    const changes = sink.entries.length
    await gate.check(requestWith(secret, '/before'))
    await gate.check(requestWith(poor.secret, '/spoilt'))
    await gate.check(requestWith(secret, '/after'))
    await gate.close()
    const paths = (sink.records('access') as AccessRecord[]).map(({ path }) => path)
    expect(paths).toEqual(['/before', '/after'])
    expect(sink.records('gap')).toMatchObject([{ allowed: 1, denied: 0, keys: 0 }])
    expect(told).toEqual([expect.any(AuditError)])
    expect(sink.entries.length).toBeGreaterThan(changes)
    const lines = sink.entries.map(({ line }, at) => ({ line, where: String(at) }))
    expect(await verifyTrail(lines, SIGNING)).toMatchObject({ invalid: 0, missing: 0, dropped: 1 })
  })

  test('lets nobody in where it is required', async () => {
    const gate = auditedGate({ sink: keptSink(), mode: 'required' }, undefined, {
      keys: { prefix: 'acme', store: spoilt({ scopes: [5n] }) },
    })
    const { secret } = await gate.keys.create(KEY)
    const poor = await gate.keys.create({ ...KEY, name: 'spoilt' })
    expect(await gate.check(requestWith(poor.secret))).toMatchObject({
      ...{ allowed: false, reason: 'audit_unavailable' },
    })
    expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
    await gate.close()
  })
})

test('what a request presents is in no record of it, also where a later guard looks at it', async () => {
  const sink = keptSink()
  const gate = auditedGate({ sink })
  const secret = 'legacy-0123456789-abcdef'
  await gate.keys.import({ ...KEY, secret })
  const request = requestWith(secret, `/v1/${secret}/patients`)
  const grant = await gate.check(request)
  if (!grant.allowed) throw new Error(grant.reason)
  await gate.audit.flush()
  await gate.check({ ...request, grant }, { scopes: ['read:patients'] })
  await gate.close()
  expect(sink.records('access')).toMatchObject([
    { path: '/v1/[secret]/patients' },
    { path: '/v1/[secret]/patients', scopesAsked: ['read:patients'] },
  ])
  expect(JSON.stringify(sink.entries)).not.toContain(secret)
})
