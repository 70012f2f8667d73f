import { EventEmitter } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import {
  readEvents,
  type AuditedAccess,
  type AuditEntry,
  type AuditEvent,
  type AuditOptions,
  type AuditRecord,
  type Gate,
  type GateRequest,
  type NodeResponse,
} from 'sallyport'
import { auditedGate, KEY, keptSink, PATIENT, requestWith } from './gates.js'
import { trailOf } from './trails.js'

/** A sink whose storage can be held back, and can fail. */
function slowSink() {
  const entries: AuditEntry[] = []
  const state: { held?: Promise<unknown> | undefined; failing: boolean } = { failing: false }
  const sink = {
    async write(more: readonly AuditEntry[]) {
      await state.held
      if (state.failing) throw new Error('no space left on device')
      entries.push(...more)
    },
  }
  const accesses = (): readonly AuditRecord[] =>
    entries.map(({ record }) => record).filter(({ kind }) => kind === 'access')
  return { sink, state, accesses }
}

type GateOf = Parameters<typeof auditedGate>[2]

async function open(audit: Partial<AuditOptions> = {}, options: GateOf = {}) {
  const { sink, ...slow } = slowSink()
  const errors: unknown[] = []
  const note = (error: unknown) => {
    if ((error as Error).name !== 'DiagnosisError') errors.push(error)
  }
  const gate = auditedGate({ sink, ...audit }, note, options)
  const { secret, id } = await gate.keys.create(KEY)
  await gate.audit.flush()
  /** The records of all requests so far. */
  const records = async () => {
    await gate.audit.flush()
    return slow.accesses()
  }
  return { ...slow, records, errors, gate, secret, id }
}

/** Holds the storage back until it is let go. */
function hold(state: { held?: Promise<unknown> | undefined }): () => void {
  let release: () => void = () => undefined
  state.held = new Promise<void>((resolve) => (release = resolve))
  return () => {
    state.held = undefined
    release()
  }
}

/** Whether a promise is settled once all that could be called has been called. */
async function isSettled(given: unknown): Promise<boolean> {
  let settled = false
  void Promise.resolve(given).then(() => (settled = true))
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  return settled
}

/** A response of Node, as far as a gate looks at it. */
class Response extends EventEmitter implements NodeResponse {
  statusCode = 200
  writableFinished = false
  closed = false

  end(statusCode: number, writableFinished = true): void {
    Object.assign(this, { statusCode, writableFinished, closed: true })
    this.emit('close')
  }
}

/** A body whose client goes away while it is read. */
async function* gone(response: Response, audit: Gate['audit']): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  response.end(200, false)
  await audit.flush()
  yield Buffer.from('no form')
}

const answered = (secret: string, response: Response): GateRequest => ({
  ...requestWith(secret),
  response,
})

describe('audit.when as a function', () => {
  test.each<[string, (access: AuditedAccess) => unknown, number, number]>([
    ['says true', () => true, 1, 0],
    ['says false', () => false, 0, 0],
    ['says nothing', () => undefined, 1, 0],
    [
      'throws',
      () => {
        throw new Error('broken')
      },
      1,
      1,
    ],
    ['promises something', () => Promise.resolve(false), 1, 1],
  ])('which %s', async (_what, when, count, failures) => {
    const { gate, secret, records, errors } = await open({ when: when as never })
    expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
    expect(await records()).toHaveLength(count)
    expect(errors).toHaveLength(failures)
    await gate.close()
  })

  test('is told who asks, and for what', async () => {
    const asked: AuditedAccess[] = []
    const when = (access: AuditedAccess) => asked.push(access) > 0
    const { gate, secret, id, errors } = await open({ when })
    const request = requestWith(secret)
    await gate.check(request)
    await gate.check(requestWith(''))
    expect(asked).toMatchObject([{ auth: { keyId: id }, request }, { auth: undefined }])
    await gate.close()
    const wrong = await open({ when: () => Promise.resolve(true) as never })
    await wrong.gate.check(requestWith(wrong.secret))
    expect(String(wrong.errors)).toContain('audit.when must answer at once')
    await wrong.gate.close()
    expect(errors).toEqual([])
  })
})

describe('a request is let in', () => {
  test.each<[string, Partial<AuditOptions>, object, string, boolean]>([
    ['at once by default', {}, {}, 'live', false],
    ['once it is recorded in the mode of the gate', { mode: 'required' }, {}, 'live', true],
    ['once it is recorded where its route says so', {}, { audit: 'required' }, 'live', true],
    [
      'at once where its route says so',
      { mode: 'required' },
      { audit: 'best-effort' },
      'live',
      false,
    ],
    ['once it is recorded with health information', {}, { phi: PATIENT }, 'live', true],
    ['at once with what is made up', {}, { phi: PATIENT }, 'test', false],
    [
      'at once with health information, where its route says so',
      {},
      { phi: PATIENT, audit: 'best-effort' },
      'live',
      false,
    ],
    [
      'once what is made up is recorded, in the mode of the gate',
      { mode: 'required' },
      { phi: PATIENT },
      'test',
      true,
    ],
  ])('%s', async (_what, audit, requirement, environment, waits) => {
    const phi = { test: 'synthetic' } as const
    const { gate, state, records } = await open(audit, { phi })
    const { secret } = await gate.keys.create({ ...KEY, environment })
    await gate.audit.flush()
    const release = hold(state)
    const checked = gate.check(requestWith(secret), requirement)
    expect(await isSettled(checked)).toBe(!waits)
    release()
    expect(await checked).toMatchObject({ allowed: true })
    const [record, ...more] = await records()
    expect(more).toEqual([])
    expect(record).toMatchObject({ outcome: 'allowed', environment })
    if ('phi' in requirement && environment === 'test') {
      expect(record).toMatchObject({ phi: PATIENT, synthetic: true })
    } else expect(record).not.toHaveProperty('synthetic')
    await gate.close()
  })

  test('or is 503 where it cannot be recorded, holds nothing, and its denial is not waited for', async () => {
    const plans = { free: { concurrency: 1 } } as const
    const limits = { defaultPlan: 'free' } as const
    const { gate, state, secret, errors } = await open({ mode: 'required' }, { plans, limits })
    state.failing = true
    for (let time = 0; time < 2; time++) {
      const decision = await gate.check(requestWith(secret))
      expect(decision).toMatchObject({ allowed: false, status: 503, reason: 'audit_unavailable' })
    }
    expect(errors.length).toBeGreaterThan(0)
    state.failing = false
    expect(await gate.check(requestWith(''))).toMatchObject({ status: 401 })
    await gate.close()
  }, 30_000)

  test('and refused at once, whatever the mode', async () => {
    const { gate, state } = await open({ mode: 'required' })
    const release = hold(state)
    expect(await isSettled(gate.check(requestWith('')))).toBe(true)
    release()
    await gate.close()
  })

  test('and recorded twice if it comes twice; refusals are counted together', async () => {
    const { gate, secret, records } = await open()
    for (let time = 0; time < 3; time++) await gate.check(requestWith(secret))
    for (let time = 0; time < 3; time++) await gate.check(requestWith(''))
    const found = await records()
    expect(found).toMatchObject([
      ...[1, 2, 3].map(() => ({ outcome: 'allowed' })),
      { outcome: 'denied', status: 401 },
      { outcome: 'denied', count: 2 },
    ])
    expect(found[0]).not.toHaveProperty('status')
    expect(found[3]).not.toHaveProperty('aborted')
    const ids = found.map((record) => ('id' in record ? record.id : ''))
    expect(new Set(ids).size).toBe(5)
    for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z]{12}-[0-9a-z]+$/)
    await gate.close()
  })
})

describe('a request with a response', () => {
  test.each([
    ['whole', 201, true, { status: 201 }],
    ['given up by its client', 200, false, { status: 200, aborted: true }],
  ])('is recorded when its answer is over: %s', async (_what, status, finished, record) => {
    const { gate, secret, records } = await open()
    const response = new Response()
    await gate.check(answered(secret, response))
    expect(await records()).toEqual([])
    response.end(status, finished)
    const [found, ...more] = await records()
    expect(more).toEqual([])
    expect(found).toMatchObject({ outcome: 'allowed', ...record })
    if (finished) expect(found).not.toHaveProperty('aborted')
    await gate.close()
  })

  test('is recorded once where its client has gone before it was decided', async () => {
    const { gate, secret, records } = await open()
    for (const shown of [secret, '']) {
      const response = new Response()
      response.end(200, false)
      await gate.check(answered(shown, response))
    }
    expect(await records()).toMatchObject([
      { outcome: 'allowed', aborted: true },
      { outcome: 'denied', aborted: true },
    ])
    await gate.close()
  })

  test('that is refused has the status that was sent', async () => {
    const { gate, records } = await open()
    const response = new Response()
    await gate.check(answered('', response))
    expect(await records()).toEqual([])
    response.end(418)
    expect(await records()).toMatchObject([{ outcome: 'denied', status: 418 }])
    await gate.close()
  })

  test('is recorded as refused once, where a later guard refuses it', async () => {
    const { gate, secret, records } = await open()
    const response = new Response()
    const request = answered(secret, response)
    const grant = await gate.check(request)
    if (!grant.allowed) throw new Error('It was refused.')
    await gate.check({ ...request, grant }, { tenant: { header: 'x-tenant' } })
    response.end(403)
    expect(await records()).toMatchObject([
      { outcome: 'denied', reason: 'tenant_mismatch', status: 403 },
    ])
    await gate.close()
  })

  test.each(['required', 'best-effort'] as const)(
    'is shown once where a later guard, or an endpoint, refuses it after its client has gone: %s',
    async (mode) => {
      const kept = keptSink()
      const sink = { ...kept, ...trailOf(kept.entries) }
      const gate = auditedGate({ sink, mode })
      const { secret } = await gate.keys.create(KEY)
      const [response, other] = [new Response(), new Response()]
      const request = answered(secret, response)
      const grant = await gate.check(request)
      if (!grant.allowed) throw new Error('It was refused.')
      response.end(200, false)
      await gate.audit.flush()
      await gate.check({ ...request, grant }, { tenant: { header: 'x-tenant' } })
      const endpoint = gate.endpoints.keys({ scopes: ['read:patients'] })
      const reading = answered(secret, other)
      const call = { request: { ...reading, method: 'POST' }, target: '/', parsed: undefined }

      await endpoint({ ...call, stream: gone(other, gate.audit) })
      await gate.audit.flush()
      const { items } = await gate.audit.query({ kind: 'access' })
      expect(items).toMatchObject([
        { outcome: 'denied', reason: 'unsupported_media_type', aborted: true },
        { outcome: 'denied', reason: 'tenant_mismatch', aborted: true },
      ])
      await gate.close()
    },
  )

  test('that must be recorded first is recorded again when it is over', async () => {
    const { gate, secret, records } = await open({ mode: 'required' })
    const response = new Response()
    await gate.check(answered(secret, response))
    const [first] = await records()
    expect(first).toMatchObject({ outcome: 'allowed' })
    expect(first).not.toHaveProperty('status')
    response.end(200)
    const [, second, ...more] = await records()
    expect(second).toMatchObject({ id: first && 'id' in first && first.id, status: 200 })
    expect(more).toEqual([])
    await gate.close()
  })
})

test('requests that were recorded first and refused later have a record each', async () => {
  const { gate, secret, records } = await open({ mode: 'required' })
  for (let time = 0; time < 3; time++) {
    const response = new Response()
    const request = answered(secret, response)
    const grant = await gate.check(request)
    if (!grant.allowed) throw new Error('It was refused.')
    await gate.check({ ...request, grant }, { tenant: { header: 'x-tenant' } })
    response.end(403)
  }
  const refused = (await records()).filter((one) => 'outcome' in one && one.outcome === 'denied')
  expect(refused).toHaveLength(3)
  for (const one of refused) expect(one).not.toHaveProperty('count')
  await gate.close()
})

test('no two records of a gate have one id, whatever they are of', async () => {
  const sink = keptSink()
  const gate = auditedGate({ sink })
  const { secret } = await gate.keys.create(KEY)
  for (let time = 0; time < 3; time++) {
    await gate.check(requestWith(secret))
    await gate.keys.create(KEY)
  }
  await gate.close()
  const ids = sink.records().flatMap((record) => ('id' in record ? [record.id] : []))
  expect(ids).toHaveLength(7)
  expect(new Set(ids).size).toBe(7)
})

describe('what a handler tells of health information', () => {
  test('waits for the record where the request did', async () => {
    const { gate, secret, state, records } = await open({ mode: 'required' })
    const decision = await gate.check(answered(secret, new Response()))
    if (!decision.allowed) throw new Error('It was refused.')
    const release = hold(state)
    const told = decision.audit.phi(PATIENT)
    expect(await isSettled(told)).toBe(false)
    release()
    await told
    expect((await records()).at(-1)).toMatchObject({ phi: PATIENT })
    await gate.close()
  })

  test('does not where the request did not, and is recorded with it', async () => {
    const { gate, secret, state, records } = await open()
    const response = new Response()
    const decision = await gate.check(answered(secret, response))
    if (!decision.allowed) throw new Error('It was refused.')
    const release = hold(state)
    expect(await isSettled(decision.audit.phi(PATIENT))).toBe(true)
    release()
    expect(await records()).toEqual([])
    response.end(200)
    expect(await records()).toMatchObject([{ phi: PATIENT, status: 200 }])
    await decision.audit.phi({ ...PATIENT, action: 'update' })
    expect(await records()).toMatchObject([
      { phi: PATIENT },
      { phi: PATIENT, furtherPhi: [{ action: 'update' }] },
    ])
    await gate.close()
  })

  test.each([
    ['required', 200],
    ['best-effort', 200],
    ['required', 499],
  ] as const)('after its client has gone is shown once: %s, status %d', async (mode, status) => {
    const kept = keptSink()
    const sink = { ...kept, ...trailOf(kept.entries) }
    const gate = auditedGate({ sink, mode })
    const { secret } = await gate.keys.create(KEY)
    const response = new Response()
    const decision = await gate.check(answered(secret, response))
    if (!decision.allowed) throw new Error('It was refused.')
    response.end(status, false)
    await gate.audit.flush()
    await decision.audit.phi(PATIENT)
    await gate.audit.flush()
    await decision.audit.phi({ ...PATIENT, action: 'update' })
    await gate.audit.flush()
    const told = { outcome: 'allowed', status, aborted: true, phi: PATIENT }
    const all = { ...told, furtherPhi: [{ action: 'update' }] }
    const only = { kind: 'access' } as const
    expect((await gate.audit.query(only)).items).toMatchObject([all])
    const phi = { ...only, phi: { resource: 'Patient' } }
    expect((await gate.audit.query(phi)).items).toMatchObject([all])
    const events: AuditEvent[] = []
    for await (const event of readEvents(sink)) events.push(event)
    expect(events.filter(({ kind }) => kind === 'access')).toMatchObject([all])
    await gate.close()
  })

  test('is recorded of no request that audit.when leaves out', async () => {
    const { gate, secret, records } = await open({ when: ['test'] })
    const decision = await gate.check(requestWith(secret), { phi: PATIENT })
    if (!decision.allowed) throw new Error('It was refused.')
    await decision.audit.phi(PATIENT)
    expect(await records()).toEqual([])
    await gate.close()
  })

  test('and cannot be understood is an error, for the handler and onError, that ends no process', async () => {
    const { gate, secret, errors } = await open()
    const decision = await gate.check(requestWith(secret))
    if (!decision.allowed) throw new Error('It was refused.')
    const unhandled: unknown[] = []
    const note = (error: unknown) => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const wrong = { resource: 'Patient', action: 'look' } as never
    void decision.audit.phi(wrong)
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    process.off('unhandledRejection', note)
    expect([errors.length, unhandled]).toEqual([1, []])
    await expect(decision.audit.phi(wrong)).rejects.toBe(errors[1])
    await gate.close()
  })
})

test('a gate takes up the record of its own grants alone', async () => {
  const [here, there] = [await open(), await open()]
  const grant = await here.gate.check(answered(here.secret, new Response()))
  if (!grant.allowed) throw new Error('It was refused.')
  const response = new Response()
  await there.gate.check({ ...answered(there.secret, response), grant })
  response.end(200)
  const found = await there.records()
  expect(found).toHaveLength(1)
  await Promise.all([here.gate.close(), there.gate.close()])
})
