import { describe, expect, test } from '@jest/globals'
import {
  AUDIT_OUTCOMES,
  readEvents,
  queryTrail,
  type AuditEvent,
  type AuditQuery,
  type TrailReader,
} from 'sallyport'
import { createChain } from '../../src/audit/chain.js'
import { REASON_NAMES } from '../../src/core/denial.js'
import { access, begun, chained, trailOf } from './trails.js'

function timeAt(minute: number): string {
  return new Date(Date.UTC(2030, 0, 7) + minute * 60_000).toISOString()
}

async function all(
  reader: TrailReader,
  query: AuditQuery,
  between: () => void = () => undefined,
): Promise<AuditEvent[]> {
  const events: AuditEvent[] = []
  let cursor: string | undefined
  do {
    const page = await queryTrail(reader, { ...query, ...(cursor !== undefined && { cursor }) })
    events.push(...page.items)
    cursor = page.cursor
    between()
  } while (cursor !== undefined)
  return events
}

describe('gate.audit.query', () => {
  test('pages have each event once, newest first', async () => {
    const records = Array.from({ length: 25 }, (_, at) => access({ time: timeAt(at % 7) }))
    const events = await all(trailOf(chained('a.1', records)), { limit: 4 })
    const order = [...records].sort((a, b) => (`${a.time} ${a.id}` < `${b.time} ${b.id}` ? 1 : -1))
    expect(events.map(({ id }) => id)).toEqual(order.map(({ id }) => id))
  })

  test('pages are whole while records come in, and while they are written again', async () => {
    const records = Array.from({ length: 20 }, (_, at) => begun({ time: timeAt(at) }))
    const chain = createChain('a.1')
    const entries = records.map((record) => chain.add({ ...record }))
    let more = 0
    const events = await all(trailOf(entries), { limit: 3 }, () => {
      more += 1
      const again = records[more * 2] ?? access()
      entries.push(...chained(`b.${String(more)}`, [access({ time: timeAt(100 + more) })]))
      entries.push(chain.add({ ...again, status: 404 }))
    })
    expect(events.map(({ id }) => id)).toEqual(records.map(({ id }) => id).reverse())
  })

  test('the last word holds, also where the first one fitted', async () => {
    const told = [0, 1, 2, 3, 4].map((at) => begun({ time: timeAt(at) }))
    const denied = told.map((one) => ({ ...one, outcome: 'denied' as const, status: 403 }))
    // The newest ones were let in at first: room for the older ones must be left.
    const entries = chained('a.1', [...told, ...denied.slice(2)])
    const reader = trailOf(entries)
    const ids = (events: readonly AuditEvent[]) => events.map(({ id }) => id)
    expect(ids(await all(reader, { outcome: 'allowed', limit: 1 }))).toEqual([
      told[1]?.id,
      told[0]?.id,
    ])
    expect(ids(await all(reader, { outcome: 'denied', limit: 2 }))).toEqual(
      [4, 3, 2].map((at) => told[at]?.id),
    )
  })

  test.each<[string, AuditQuery, number]>([
    ['owner', { ownerId: 'org_2' }, 1],
    ['tenant', { tenantId: 'clinic_2' }, 1],
    ['key', { keyId: 'key_2' }, 2],
    ['subject', { subject: 'dr-who' }, 1],
    ['issuer', { issuer: 'https://idp.example' }, 1],
    ['client', { clientId: 'web' }, 1],
    ['client of another issuer', { clientId: 'web', issuer: 'https://other.example' }, 0],
    ['request', { requestId: 'req_2' }, 1],
    ['outcome', { outcome: 'denied' }, 1],
    ['reason', { reason: 'tenant_mismatch' }, 1],
    ['kind', { kind: 'key' }, 1],
    ['who has changed a key', { subject: 'ann' }, 1],
    ['who has changed a key, another', { subject: 'ann', issuer: 'https://idp.example' }, 0],
    ['resource', { phi: { resource: 'Observation' } }, 1],
    ['record', { phi: { resource: 'Patient', id: 'p2' } }, 1],
    ['record of another kind', { phi: { resource: 'Observation', id: 'p2' } }, 0],
    ['from', { from: new Date(timeAt(5)) }, 2],
    ['to', { to: new Date(timeAt(5)) }, 5],
    ['several', { ownerId: 'org_1', keyId: 'key_2' }, 1],
  ])('by %s', async (_, query, found) => {
    const records = [
      access({ time: timeAt(0), ownerId: 'org_2' }),
      access({ time: timeAt(1), tenantId: 'clinic_2', keyId: 'key_2' }),
      access({
        time: timeAt(2),
        ...{ issuer: 'https://idp.example', clientId: 'web', subject: 'dr-who' },
        requestId: 'req_2',
        phi: { resource: 'Patient', action: 'search' },
      }),
      access({ time: timeAt(3), outcome: 'denied', reason: 'tenant_mismatch' as never }),
      access({ time: timeAt(4), phi: { resource: 'Patient', action: 'read', ids: ['p2'] } }),
      access({ time: timeAt(5), furtherPhi: [{ resource: 'Observation', action: 'read' }] }),
      {
        kind: 'key' as const,
        id: 'aud_key',
        time: timeAt(6),
        action: 'rotate' as const,
        outcome: 'made' as const,
        keyId: 'key_2',
        ownerId: 'org_3',
        by: { subject: 'ann', app: true as const },
      },
    ]
    expect(await all(trailOf(chained('a.1', records)), query)).toHaveLength(found)
  })

  test.each([
    [{ owner: 'org_1' }, "gate.audit.query: 'owner' is not known; did you mean 'ownerId'?"],
    [{ limit: 5_001 }, "gate.audit.query: 'limit' must be at most 5000"],
    [{ from: '2030-01-01' }, "gate.audit.query: 'from' must be a valid Date"],
  ])('%p is refused', async (query, message) => {
    await expect(queryTrail(trailOf([]), query as AuditQuery)).rejects.toThrow(message)
  })

  test('a cursor of something else leads to an empty page', async () => {
    const reader = trailOf(chained('a.1', [access()]))
    for (const cursor of [
      '',
      'AAAA',
      Buffer.from('2030-99-99T00:00:00.000Z x').toString('base64url'),
    ])
      expect(await queryTrail(reader, { cursor })).toEqual({ items: [] })
  })

  test('what is no record is left out', async () => {
    const [entry] = chained('a.1', [access()])
    const line = entry?.line.replace('org_1', 'org_9') ?? ''
    const reader: TrailReader = {
      async *lines() {
        await Promise.resolve()
        for (const each of [line, '', '{', entry?.line ?? '']) yield { line: each, where: 'x' }
      },
    }
    expect(await all(reader, {})).toHaveLength(1)
  })
})

test('events are read in the order in which they were written, each as it was last', async () => {
  const records = [begun(), access(), access()]
  const [first] = records
  const again = { ...records[0], status: 500 } as (typeof records)[0]
  const events: AuditEvent[] = []
  for await (const event of readEvents(trailOf(chained('a.1', [...records, again])))) {
    events.push(event)
  }
  expect(events.map(({ id }) => id)).toEqual(records.map(({ id }) => id))
  expect(events[0]).toMatchObject({ id: first?.id, status: 500 })
})

test.each(AUDIT_OUTCOMES)('the outcome %s can be asked for', async (outcome) => {
  expect(await queryTrail(trailOf([]), { outcome })).toEqual({ items: [] })
})

test.each(REASON_NAMES)('the reason %s can be asked for', async (reason) => {
  expect(await queryTrail(trailOf([]), { reason })).toEqual({ items: [] })
})
