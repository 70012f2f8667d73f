import { describe, expect, test } from '@jest/globals'
import { queryTrail, type AuditEvent, type AuditQuery, type ReadOptions } from 'sallyport'
import { auditedGate, KEY, requestWith, SIGNING } from './gates.js'
import { forgedChain, PLACES, type Place } from './places.js'
import { access, sealed, trailOf, chained } from './trails.js'

const { publicKeys } = SIGNING
const FAR = '9999-12-31T23:59:59.999Z'

/** A gate's own chain: a key, and three accesses. */
async function written(place: Place): Promise<void> {
  const gate = auditedGate({ sink: place.open(), key: SIGNING.key })
  const { secret } = await gate.keys.create({ ...KEY, ownerId: 'thief' })
  for (let n = 0; n < 3; n++) await gate.check(requestWith(secret, `/${String(n)}`))
  await gate.close()
}

/** Chains that nobody signed, of some events each. */
async function flood(place: Place, time: string, chains: number, events: number): Promise<void> {
  for (let n = 0; n < chains; n++) {
    const said = Array.from({ length: events }, () => access({ ownerId: 'innocent', time }))
    const lines = forgedChain(`zz.${time}.${String(n)}`.replaceAll(':', '-'), said)
    await place.add(lines.map(({ line }) => line))
  }
}

async function all({ open }: Place, query: AuditQuery, options: ReadOptions = { publicKeys }) {
  const reader = open()
  const pages: (readonly AuditEvent[])[] = []
  let cursor: string | undefined
  do {
    const page = await queryTrail(reader, { ...query, ...(cursor && { cursor }) }, options)
    pages.push(page.items)
    cursor = page.cursor
  } while (cursor !== undefined)
  return pages
}

const ownersOf = (events: readonly AuditEvent[] = []) => events.map(({ ownerId }) => ownerId)

describe.each(PLACES)('in %s, events that nobody signed', (_name, make) => {
  test('of the future come after all others, and each is on one page', async () => {
    const place = await make()
    await written(place)
    await flood(place, FAR, 3, 4)
    const pages = await all(place, { limit: 5 })
    expect(ownersOf(pages[0]).slice(0, 4)).toEqual(['thief', 'thief', 'thief', 'thief'])
    const hashes = pages.flat().map(({ hash }) => hash)
    expect(hashes).toHaveLength(16)
    expect(new Set(hashes).size).toBe(16)
    expect((await all(place, { to: new Date('9000-01-01') })).flat()).toHaveLength(4)
    // To a reader whose clock is there too, they are of its day.
    const later = { publicKeys, clock: () => Date.parse(FAR) - 1_000 }
    expect(ownersOf((await all(place, { limit: 5 }, later))[0])).not.toContain('thief')
  })

  test('take no place of those that are proven, where only these are asked for', async () => {
    const place = await make()
    await written(place)
    await flood(place, new Date().toISOString(), 4, 60)
    expect(ownersOf((await all(place, { limit: 10 }))[0])).not.toContain('thief')
    expect(ownersOf((await all(place, { limit: 3, proven: true })).flat())).toEqual(
      Array.from({ length: 4 }, () => 'thief'),
    )
    expect((await all(place, { proven: true, limit: 10 }))[0]).toHaveLength(4)
    expect((await all(place, { proven: false, limit: 200 })).flat()).toHaveLength(240)
    await expect(all(place, { proven: true }, {})).rejects.toThrow(/'proven' needs audit.key/)
  })

  test('and that have strange names, numbers and times end no list', async () => {
    const place = await make()
    await written(place)
    const strange = (n: number, said: object) =>
      sealed({ v: 1, writer: `zz.${String(n)}`, seq: 0, prev: '', ...access(), ...said })
    await place.add([
      ...['never', '', '~', 'x'.repeat(500)].map((time, n) => strange(n, { time })),
      ...['', 'x'.repeat(3_000), '\u0001'.repeat(256)].map((id, n) => strange(10 + n, { id })),
      ...[-1, 2 ** 62, Number.MAX_SAFE_INTEGER].map((seq, n) => strange(20 + n, { seq })),
      strange(30, { seq: 2 ** 62, time: new Date().toISOString() }),
    ])
    const owners = ownersOf((await all(place, { limit: 1 })).flat())
    expect(owners.filter((owner) => owner === 'thief')).toHaveLength(4)
    const lines: string[] = []
    for await (const { line } of place.open().lines({ since: new Date('2020-01-01') })) {
      lines.push(line)
    }
    expect(lines.filter((line) => line.includes('thief')).length).toBeGreaterThan(3)
  })
})

test('a page has as many of the largest events as it has room for, and the next one goes on', async () => {
  const ids = Array.from({ length: 150_000 }, (_, n) => n.toString(36).padStart(12, '0'))
  const many = Array.from({ length: 14 }, () =>
    access({ phi: { resource: 'Patient', action: 'read', ids } }),
  )
  const reader = trailOf(chained('a.1', many))
  const place = { open: () => reader } as unknown as Place
  const pages = await all(place, { limit: 200 }, {})
  expect(pages.flat().map(({ id }) => id)).toEqual(many.map(({ id }) => id).reverse())
  expect(pages.length).toBeGreaterThan(1)
}, 60_000)
