import { describe, expect, test } from '@jest/globals'
import { createMemoryKeyStore, verifyTrail, type GateRequest } from 'sallyport'
import { auditedGate, KEY, keptSink, PATIENT, requestWith } from './gates.js'

describe('the record of a decision', () => {
  test('says who asked for what, and what became of it', async () => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const { secret, id } = await gate.keys.create(KEY)
    await gate.check(requestWith(secret), { scopes: ['read:patients'] })
    await gate.close()
    expect(sink.records('access')).toEqual([
      {
        ...{ v: 1, writer: expect.stringMatching(/^api-1\.\w{12}$/), kind: 'access' },
        ...{ seq: expect.any(Number), prev: expect.any(String), hash: expect.any(String) },
        id: expect.any(String),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        outcome: 'allowed',
        ...{ method: 'GET', path: '/v1/patients/pat_1', requestId: expect.any(String) },
        ...{ environment: 'live', ownerId: 'org_1', keyId: id },
        ...{ scopesAsked: ['read:patients'], scopesGranted: ['read:patients'] },
        ...{ client: '203.0.113.9', userAgent: 'jest' },
      },
    ])
  })

  test.each([
    ['missing_credentials', requestWith(''), 401],
    ['unknown_key', requestWith('acme_guess'), 401],
    ['https_required', { ...requestWith('x'), peer: { encrypted: false } }, 403],
  ])('a refusal has its reason: %s', async (_name, request, status) => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const decision = await gate.check(request)
    await gate.close()
    expect(decision).toMatchObject({ allowed: false, status })
    expect(sink.records('access')).toMatchObject([
      { outcome: 'denied', status, reason: decision.allowed ? '' : decision.reason },
    ])
  })

  test('a key that has ended is named all the same', async () => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const { secret, id } = await gate.keys.create(KEY)
    await gate.keys.revoke(id)
    await gate.check(requestWith(secret))
    await gate.close()
    const known = { keyId: id, ownerId: 'org_1', environment: 'live' }
    expect(sink.records('access')).toMatchObject([{ reason: 'key_revoked', ...known }])
  })

  test('a call of verify is recorded, without a request', async () => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const { secret } = await gate.keys.create(KEY)
    await gate.verify(secret, '203.0.113.9')
    await gate.verify('')
    await gate.close()
    expect(sink.records('access')).toMatchObject([
      { outcome: 'allowed', client: '203.0.113.9' },
      { outcome: 'denied', reason: 'missing_credentials' },
    ])
  })

  test('`when` says which are recorded', async () => {
    const sink = keptSink()
    const gate = auditedGate({ sink, when: ['live'] })
    const live = await gate.keys.create(KEY)
    const other = await gate.keys.create({ ...KEY, environment: 'test' })
    await gate.check(requestWith(live.secret))
    await gate.check(requestWith(other.secret), { phi: PATIENT })
    await gate.check(requestWith('acme_guess'))
    await gate.close()
    const [first, second, ...more] = sink.records('access')
    expect(first).toMatchObject({ environment: 'live' })
    expect(second).not.toHaveProperty('environment')
    expect(more).toEqual([])
  })
})

describe('repeats from one source', () => {
  test('are one record, with their count; another source is another one', async () => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const from = (address: string): GateRequest => ({
      ...requestWith('acme_guess'),
      peer: { address, encrypted: true },
    })
    for (let index = 0; index < 20_000; index++) await gate.check(from('203.0.113.9'))
    await gate.check(from('203.0.113.10'))
    await gate.close()
    expect(sink.records('access')).toMatchObject([
      { client: '203.0.113.9' },
      { client: '203.0.113.10' },
      { client: '203.0.113.9', count: 19_999, until: expect.any(String) },
    ])
  })
})

describe('what anybody can write into a request', () => {
  const odd = '\r\n\u2028\u2029\0\x1b[31m\x7f\x9b\ud800 \udc00 \u202e"\\\u{1f600}'

  test('stays in its record, and one record is one line of ASCII', async () => {
    const sink = keptSink()
    const gate = auditedGate({ sink })
    const { secret } = await gate.keys.create({ ...KEY, ownerId: 'org_1' })
    const request = requestWith(secret, `/v1/${odd}/${'x'.repeat(100_000)}?a`)
    const headers = [...request.rawHeaders, 'User-Agent', odd]
    const decision = await gate.check({ ...request, rawHeaders: headers.toSpliced(2, 2) })
    if (decision.allowed) await decision.audit.phi({ ...PATIENT, ids: [odd, 'x'.repeat(1_000)] })
    await gate.close()
    for (const { line } of sink.entries) {
      expect(line).toMatch(/^[\x20-\x7e]+$/)
      expect(line.length).toBeLessThan(10_000)
      // Two things that databases cannot keep, and that JSON can say.
      expect(line).not.toMatch(/\\u0000|\\ud800[^\\]|[^\\]\\udc00/)
    }
    const report = await verifyTrail(sink.entries.map(({ line }) => ({ line, where: '' })))
    expect(report).toMatchObject({ invalid: 0, missing: 0 })
  })

  test('secrets are in none of it, wherever somebody puts them', async () => {
    const sink = keptSink()
    const memory = createMemoryKeyStore()
    let canary = ''
    // A hand has written it into the store: nobody else could.
    const findByDigest = async (digest: string) => {
      const record = await memory.findByDigest(digest)
      return record && { ...record, name: canary, ownerId: canary, metadata: { canary } }
    }
    const keys = { prefix: 'acme', store: { ...memory, findByDigest } }
    const gate = auditedGate({ sink, mode: 'required' }, undefined, { keys })
    const owner = await gate.keys.create(KEY)
    canary = owner.secret
    const imported = 'legacy-secret-of-another-kind'
    await gate.keys.import({ ...KEY, secret: imported })
    const token = `eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl`
    const { secret } = await gate.keys.create(KEY)
    for (const shown of [secret, canary, imported, token, 'acme_live_sk_guess']) {
      const request = requestWith(shown, `/v1/${shown}/${canary}?key=${shown}`)
      const rawHeaders = [
        ...request.rawHeaders,
        ...['X-Request-Id', canary, 'Cookie', canary, 'Referer', canary, 'X-Forwarded-For', canary],
        ...['User-Agent', `${shown} ${canary} ${token}`],
      ].toSpliced(2, 2)
      const decision = await gate.check({ ...request, rawHeaders })
      if (!decision.allowed) continue
      await decision.audit.phi({ resource: canary, action: 'read', ids: [canary, shown, token] })
    }
    await gate.verify(canary, canary)
    await gate.close()
    const kept = sink.entries.map(({ line }) => line).join('\n')
    expect(sink.records('access').length).toBeGreaterThan(4)
    for (const one of [secret, canary, imported, token]) expect(kept).not.toContain(one)
  })
})
