import { describe, expect, test } from '@jest/globals'
import {
  createMemoryKeyStore,
  DuplicateKeyError,
  type AuditMode,
  type AuditSink,
  type KeyStore,
} from 'sallyport'
import { auditedGate, KEY, keptSink, requestWith } from './gates.js'

/** A sink that lets `before` happen first with each kind of outcome. */
function sinkWith(before: (outcomes: readonly unknown[]) => unknown) {
  const kept = keptSink()
  const sink: AuditSink = {
    async write(entries) {
      const outcomes = entries.map(({ record }) => ('outcome' in record ? record.outcome : ''))
      await before(outcomes)
      await kept.write(entries)
    },
  }
  return { kept, sink }
}

describe.each<AuditMode>(['required', 'best-effort'])('in mode %s', (mode) => {
  test.each(['update', 'rotate'] as const)(
    'a change that somebody else was faster with is not recorded as made: %s',
    async (action) => {
      const sink = keptSink()
      const store: KeyStore = {
        ...createMemoryKeyStore(),
        update: () => false,
        updateAll: () => false,
        rotate: () => false,
      }
      const gate = auditedGate({ sink, mode }, undefined, { keys: { prefix: 'acme', store } })
      const { id } = await gate.keys.create(KEY)
      const change =
        action === 'update' ? gate.keys.update(id, { name: 'Other' }) : gate.keys.rotate(id)
      await expect(change).rejects.toMatchObject({ code: 'changed_meanwhile' })
      await gate.close()
      const outcomes = sink
        .records('key')
        .flatMap((record) => ('action' in record && record.action === action ? [record] : []))
        .map((record) => ('outcome' in record ? record.outcome : ''))
      expect(outcomes).not.toContain('made')
      expect(outcomes.includes('failed')).toBe(mode === 'required')
    },
  )

  test('keys of a grace that somebody else was faster with are not recorded as revoked', async () => {
    const sink = keptSink()
    const memory = createMemoryKeyStore()
    let lost = 0
    const store: KeyStore = {
      ...memory,
      updateAll: (changes) => {
        lost += 1
        return lost > 1 && (memory.updateAll?.(changes) ?? false)
      },
    }
    const gate = auditedGate({ sink, mode }, undefined, { keys: { prefix: 'acme', store } })
    const { id } = await gate.keys.create(KEY)
    const next = await gate.keys.rotate(id)
    await gate.keys.revoke(id)
    await gate.close()
    const told = sink
      .records('key')
      .flatMap((one) => ('action' in one && one.action === 'revoke' ? [one] : []))
      .flatMap((one) => ('outcome' in one ? [`${one.keyId} ${one.outcome}`] : []))
    const made = [id, next.id].map((one) => `${one} made`)
    const failed = [id, next.id].map((one) => `${one} failed`)
    expect(told.filter((one) => !one.endsWith('intended')).sort()).toEqual(
      (mode === 'required' ? [...failed, ...made] : made).sort(),
    )
  })

  test.each<[string, Partial<KeyStore>, object]>([
    ['whose caller has changed meanwhile', { insert: () => false }, { code: 'changed_meanwhile' }],
    ['that is there already', { insert: duplicate }, { code: 'already_issued' }],
  ])('a key %s is not recorded as made', async (_, failing, error) => {
    const sink = keptSink()
    const store = { ...createMemoryKeyStore(), ...failing }
    const gate = auditedGate({ sink, mode }, undefined, { keys: { prefix: 'acme', store } })
    await expect(gate.keys.create(KEY)).rejects.toMatchObject(error)
    await gate.close()
    const outcomes = sink.records('key').map((one) => ('outcome' in one ? one.outcome : ''))
    expect(outcomes).toEqual(mode === 'required' ? ['intended', 'failed'] : [])
  })

  test('a key of which the store does not say whether it was made is recorded so', async () => {
    const sink = keptSink()
    const insert = () => Promise.reject(new Error('connection reset'))
    const store: KeyStore = { ...createMemoryKeyStore(), insert }
    const gate = auditedGate({ sink, mode }, undefined, { keys: { prefix: 'acme', store } })
    await expect(gate.keys.create(KEY)).rejects.toThrow('The key store failed.')
    await gate.close()
    const outcomes = sink.records('key').map((one) => ('outcome' in one ? one.outcome : ''))
    expect(outcomes).toEqual(mode === 'required' ? ['intended', 'unknown'] : ['unknown'])
  })

  test('changes of a store that makes them one by one are recorded as well', async () => {
    const sink = keptSink()
    const { insertAll: _, updateAll: __, ...store } = createMemoryKeyStore()
    const gate = auditedGate({ sink, mode }, undefined, { keys: { prefix: 'acme', store } })
    const text = `${JSON.stringify({ ...KEY, secret: 'legacy-secret-of-some-length' })}\n`
    let id = ''
    for await (const one of gate.keys.importLines([text])) if ('id' in one) id = one.id
    await gate.keys.update(id, { name: 'Other' })
    const next = await gate.keys.rotate(id)
    await gate.keys.revoke(id)
    await gate.close()
    const told = sink
      .records('key')
      .flatMap((one) => ('outcome' in one && one.outcome === 'made' ? [one] : []))
    const of = { ownerId: 'org_1', environment: 'live' }
    const changed = ['revokedAt']
    expect(told).toMatchObject([
      { ...of, action: 'import', keyId: id },
      { ...of, action: 'update', keyId: id, changed: ['name'] },
      { ...of, action: 'rotate', keyId: id, successorId: next.id },
      { ...of, action: 'revoke', keyId: id, changed },
      { ...of, action: 'revoke', keyId: next.id, changed },
    ])
  })

  test('keys of an import that are all there already are not recorded as made', async () => {
    const sink = keptSink()
    const gate = auditedGate({ sink, mode })
    const text = `${JSON.stringify({ ...KEY, secret: 'legacy-secret-of-some-length' })}\n`
    const outcomes: string[] = []
    for (let time = 1; time <= 2; time++) {
      for await (const one of gate.keys.importLines([text])) outcomes.push(one.outcome)
    }
    expect(outcomes).toEqual(['imported', 'present'])
    await gate.close()
    const told = sink.records('key').map((one) => ('outcome' in one ? one.outcome : ''))
    expect(told).toEqual(
      mode === 'required' ? ['intended', 'made', 'intended', 'failed'] : ['made'],
    )
  })
})

test('keys of an import of which one is there already are recorded as made', async () => {
  const sink = keptSink()
  const gate = auditedGate({ sink })
  const [first, second] = ['first', 'second'].map(
    (name) => `${JSON.stringify({ ...KEY, secret: `legacy-secret-that-is-${name}` })}\n`,
  )
  for (const text of [String(first), String(first) + String(second)]) {
    for await (const _ of gate.keys.importLines([text]));
  }
  await gate.close()
  const told = sink.records('key').map((one) => ('outcome' in one ? one.outcome : ''))
  expect(told).toEqual(['made', 'made', 'made'])
})

test('a change of a key that cannot be found again is recorded without its owner', async () => {
  const sink = keptSink()
  const memory = createMemoryKeyStore()
  let reads = 0
  const store: KeyStore = {
    ...memory,
    findById: (id) => (++reads === 2 ? undefined : memory.findById(id)),
  }
  const gate = auditedGate({ sink }, undefined, { keys: { prefix: 'acme', store } })
  const { id } = await gate.keys.create(KEY)
  reads = 0
  await gate.keys.update(id, { name: 'Other' })
  await gate.close()
  const [created, record] = sink.records('key')
  expect(created).toMatchObject({ action: 'create', keyId: id, ownerId: 'org_1' })
  expect(record).toMatchObject({ action: 'update', keyId: id, outcome: 'made' })
  expect(record).not.toHaveProperty('ownerId')
})

function duplicate(): never {
  throw new DuplicateKeyError()
}

test('in mode required, the answer waits until the outcome is recorded', async () => {
  const { kept, sink } = sinkWith(async (outcomes) => {
    if (outcomes.includes('made')) await new Promise((resolve) => setTimeout(resolve, 30))
  })
  const gate = auditedGate({ sink, mode: 'required' })
  const { id } = await gate.keys.create(KEY)
  expect(kept.records('key').at(-1)).toMatchObject({ keyId: id, outcome: 'made' })
  await gate.close()
})

test('in mode required, a key that was made is answered with, though its outcome is not recorded', async () => {
  let failing = true
  const { sink } = sinkWith((outcomes) => {
    if (failing && outcomes.includes('made')) throw new Error('full')
  })
  const errors: unknown[] = []
  const gate = auditedGate({ sink, mode: 'required' }, (error) => errors.push(error))
  const { secret } = await gate.keys.create(KEY)
  expect(secret).toMatch(/^acme_live_/)
  expect(errors).not.toEqual([])
  failing = false
  await gate.close()
})

test('a request that cannot be recorded takes no place among those at once', async () => {
  let failing = false
  const { sink } = sinkWith(() => {
    if (failing) throw new Error('full')
  })
  const gate = auditedGate({ sink, mode: 'required' }, undefined, {
    plans: { narrow: { concurrency: 1 } },
    limits: { defaultPlan: 'narrow' },
  })
  const { secret } = await gate.keys.create(KEY)
  failing = true
  for (let count = 0; count < 2; count++) {
    expect(await gate.check(requestWith(secret))).toMatchObject({ reason: 'audit_unavailable' })
  }
  failing = false
  await gate.audit.flush()
  expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
  await gate.close()
})
