import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { MisuseError, verifyTrail, type AuditEntry } from 'sallyport'
import { createChain } from '../../src/audit/chain.js'
import { SIGNING } from './gates.js'
import { behind, PLACES, unsigned, type Place } from './places.js'
import { access } from './trails.js'

const NOW = Date.parse('2030-01-08T00:00:00.000Z')
const BOUNDS = { before: new Date('2024-01-01T00:00:00.000Z'), clock: () => NOW, ...SIGNING }
const OLD = '2020-01-07T00:00:00.000Z'
const start = { kind: 'start', time: OLD, instance: 'a', heads: [], torn: [] } as const

/** A chain of old records, with a signed checkpoint at 2 and events behind it. */
function oldChain(events = 3): readonly AuditEntry[] {
  const { add } = createChain('a.1', createPrivateKey(SIGNING.key))
  return [
    add({ ...start }),
    add(access({ time: OLD })),
    add({ kind: 'checkpoint', time: OLD }),
    ...Array.from({ length: events }, () => add(access({ time: OLD }))),
  ]
}

const linesOf = (entries: readonly AuditEntry[]) => entries.map(({ line }) => line)
const last = (entries: readonly AuditEntry[]) => {
  const { record } = entries.at(-1) ?? {}
  if (record === undefined) throw new Error('no record')
  return record
}

async function missingIn({ open }: Place) {
  const { missing } = await verifyTrail(open().lines(), { ...SIGNING, clock: () => NOW })
  return missing
}

describe.each(PLACES)('in %s, prune', (_name, make) => {
  test.each<[string, (chain: readonly AuditEntry[]) => readonly string[]]>([
    ['that nobody signed', (chain) => [behind(last(chain), unsigned(OLD)).line]],
    ['far beyond the end', (chain) => [behind(last(chain), unsigned(OLD), 1_000).line]],
    [
      'of another chain',
      (chain) => {
        const other = createChain('b.1', createPrivateKey(SIGNING.key))
        const copied = other.add({ kind: 'checkpoint', time: OLD }).record
        const { kind, time, signedBy, signature } = copied as typeof copied & {
          signedBy: string
          signature: string
        }
        return [behind(last(chain), { kind, time, signedBy, signature }).line]
      },
    ],
  ])('does not cut a chain at a checkpoint %s', async (_what, forge) => {
    const place = await make()
    const chain = oldChain()
    await place.add([...linesOf(chain), ...forge(chain)])
    expect(await missingIn(place)).toBeLessThan(1_000)
    // The signed one is as old, and what is behind it stays.
    expect(await place.prune(BOUNDS)).toMatchObject({ records: 2 })
    expect(await place.prune(BOUNDS)).toMatchObject({ records: 0 })
  })

  test('refuses an empty list of keys: one that is left out is another thing', async () => {
    const { prune } = await make()
    await expect(prune({ ...BOUNDS, publicKeys: [] })).rejects.toThrow(MisuseError)
  })

  test('without keys, cuts a chain at every checkpoint that follows what is before it', async () => {
    const { publicKeys: _, ...bounds } = BOUNDS
    const place = await make()
    const chain = oldChain()
    const inPlace = behind(last(chain), unsigned(OLD))
    await place.add([...linesOf(chain), inPlace.line])
    expect(await place.prune(bounds)).toMatchObject({ records: 6 })
    // What begins with a checkpoint can be cut again; one that follows nothing counts for nothing.
    const next = behind(inPlace.record, unsigned(OLD))
    await place.add([next.line, behind(next.record, unsigned(OLD), 1_000).line])
    expect(await place.prune(bounds)).toMatchObject({ records: 1 })
    expect(await place.prune(bounds)).toMatchObject({ records: 0 })
  })
})

test('in files, prune does not cut a chain at a signed checkpoint that was copied behind its place', async () => {
  const [, make] = PLACES[0] ?? []
  const place = await make?.()
  const chain = oldChain()
  await place?.add([...linesOf(chain), chain[2]?.line ?? ''])
  expect(await place?.prune(BOUNDS)).toMatchObject({ records: 2 })
})
