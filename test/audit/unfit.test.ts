import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import { AuditError, verifyTrail, type AccessRecord, type GateRequest } from 'sallyport'
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

/** Requests of an adapter that gives something else in the place of a text. */
const UNFIT: readonly (readonly [string, Partial<GateRequest>])[] = [
  ['a method that is no text', { method: 5n as unknown as string }],
  ['a path that is no text', { url: 5n as unknown as string }],
]

describe('a record that cannot be told', () => {
  test('takes no other one with it, and is counted', async () => {
    const sink = keptSink()
    const told: unknown[] = []
    let now = Date.now
    const gate = auditedGate({ sink, key: SIGNING.key }, (error) => told.push(error), {
      clock: () => now(),
    })
    const { secret } = await gate.keys.create(KEY)
    await gate.audit.flush()
    await gate.check(requestWith(secret, '/before'))
    now = () => Number.NaN
    await gate.check(requestWith(secret, '/spoilt'))
    now = Date.now
    await gate.check(requestWith(secret, '/after'))
    await gate.close()
    const paths = (sink.records('access') as AccessRecord[]).map(({ path }) => path)
    expect(paths).toEqual(['/before', '/after'])
    expect(sink.records('gap')).toMatchObject([{ allowed: 1, denied: 0, keys: 0 }])
    expect(told).toEqual([expect.any(AuditError)])
    const lines = sink.entries.map(({ line }, at) => ({ line, where: String(at) }))
    expect(await verifyTrail(lines, SIGNING)).toMatchObject({ invalid: 0, missing: 0, dropped: 1 })
  })

  test.each(UNFIT)('lets nobody in where it is required: %s', async (_, part) => {
    const gate = auditedGate({ sink: keptSink(), mode: 'required' })
    const { secret } = await gate.keys.create(KEY)
    const asked = async () => gate.check({ ...requestWith(secret), ...part })
    const outcome = await asked().catch(() => ({ allowed: false }))
    expect(outcome).toMatchObject({ allowed: false })
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
