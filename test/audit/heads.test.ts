import { createPrivateKey } from 'node:crypto'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parseAuditLine, type AuditEntry, type AuditHead, type StartRecord } from 'sallyport'
import { createChain } from '../../src/audit/chain.js'
import { auditedGate, KEY, SIGNING } from './gates.js'
import { behind, forgedChain, PLACES, unsigned, type Place } from './places.js'
import { access } from './trails.js'

const [TIME, LATER] = ['2030-01-07T10:00:00.000Z', '2099-01-01T00:00:00.000Z']
const start = { kind: 'start', instance: 'a', heads: [], torn: [] } as const

/** A chain of the key, up to a checkpoint, which may be followed by an event. */
function signedChain(writer: string, more = false): readonly AuditEntry[] {
  const { add } = createChain(writer, createPrivateKey(SIGNING.key))
  return [
    add({ ...start, time: TIME }),
    add({ kind: 'checkpoint', time: TIME }),
    ...(more ? [add(access())] : []),
  ]
}

/** More chains than a start names, later than all others, with what seems to be a checkpoint. */
async function crowd({ add }: Place): Promise<void> {
  for (let n = 0; n < 70; n++) {
    const said = [{ ...start, time: LATER }, unsigned(LATER), access({ time: LATER })]
    const lines = forgedChain(`zz.${String(n)}`, said)
    await add(
      lines.map(({ line }) => line),
      '2099-01-01',
    )
  }
}

/** What the start of the next process says of others. */
async function headsOf(
  { open }: Place,
  instance: string,
  key?: string,
): Promise<readonly AuditHead[]> {
  const gate = auditedGate({ sink: open(), instance, ...(key && { key }) })
  await gate.keys.create(KEY)
  await gate.close()
  const starts: StartRecord[] = []
  for await (const { line } of open().lines()) {
    const record = parseAuditLine(line)
    if (record?.kind === 'start' && record.instance === instance) starts.push(record)
  }
  return starts[0]?.heads ?? []
}

const headOf = (entry: AuditEntry | undefined) => {
  const { writer, seq, hash } = entry?.record ?? { writer: '', seq: 0, hash: '' }
  return { writer, seq, hash }
}

describe.each(PLACES)('in %s, the heads of a start', (_name, make) => {
  test('name chains that are signed before those that anybody can make', async () => {
    const place = await make()
    const chains = [signedChain('real.1'), signedChain('real.2', true)]
    await place.add(chains.flat().map(({ line }) => line))
    await crowd(place)
    const heads = await headsOf(place, 'keyed', SIGNING.key)
    expect(heads).toHaveLength(64)
    expect(heads).toEqual(expect.arrayContaining(chains.map((chain) => headOf(chain.at(-1)))))
    // Control: who has no key cannot tell them apart.
    const unkeyed = await headsOf(place, 'unkeyed')
    expect(unkeyed.filter(({ writer }) => writer.startsWith('real'))).toEqual([])
  }, 30_000)

  test('say how a signed chain ends, and not what was added far beyond its end', async () => {
    const place = await make()
    const chain = signedChain('real.1', true)
    const last = chain.at(-1)?.record
    if (last === undefined) throw new Error('no record')
    const beyond = behind(last, access(), 1_000)
    await place.add([...chain, beyond].map(({ line }) => line))
    expect(await headsOf(place, 'keyed', SIGNING.key)).toEqual([headOf(chain.at(-1))])
  })
})

describe.each(PLACES)(
  'in %s, the heads of a start, among what anybody can make,',
  (_name, make) => {
    const [DAY, TOMORROW] = [new Date().toISOString().slice(0, 10), '2099-01-01']
    const now = new Date().toISOString()
    const lineOf = ({ line }: AuditEntry) => line

    test('name chains that a proven start names, before others', async () => {
      const place = await make()
      const other = forgedChain('other.1', [{ ...start, time: TIME }, access({ time: TIME })])
      const { add } = createChain('real.1', createPrivateKey(SIGNING.key))
      const seen = [headOf(other.at(-1))]
      const real = [
        add({ ...start, heads: seen, time: TIME }),
        add({ kind: 'checkpoint', time: TIME }),
      ]
      await place.add([...other, ...real].map(lineOf))
      await crowd(place)
      const heads = await headsOf(place, 'keyed', SIGNING.key)
      expect(heads).toHaveLength(64)
      expect(heads.slice(0, 2)).toEqual([headOf(real.at(-1)), ...seen])
    }, 30_000)

    test('name no chain of days to come before those that are there', async () => {
      const place = await make()
      const real = forgedChain('real.1', [{ ...start, time: now }])
      await place.add(real.map(lineOf), DAY)
      for (let n = 0; n < 70; n++) {
        const chain = forgedChain(`zz.${String(n)}`, [{ ...start, time: LATER }])
        await place.add(chain.map(lineOf), TOMORROW)
      }
      expect(await headsOf(place, 'unkeyed')).toContainEqual(headOf(real.at(-1)))
    }, 30_000)

    test('name no end that somebody has added to a signed chain, however much that is', async () => {
      const place = await make()
      const chain = signedChain('real.1')
      const beyond = Array.from({ length: 1_200 }, (_, n) => ({ ...access(), seq: 1_000_000 + n }))
      const added = beyond.map((said) => behind(chain[1]?.record as AuditEntry['record'], said))
      await place.add([...chain, ...added].map(lineOf))
      expect(await headsOf(place, 'keyed', SIGNING.key)).toEqual([headOf(chain.at(-1))])
    }, 60_000)
  },
)

test('files that are larger than there is time for keep no signed chain out of a start', async () => {
  const make = PLACES[0]?.[1]
  if (make === undefined) throw new Error('no place')
  const place = await make()
  const chain = signedChain('real.1')
  await place.add(
    chain.map(({ line }) => line),
    '2030-01-07',
  )
  for (let n = 0; n < 70; n++) {
    const file = join(place.args[0] ?? '', `2030-01-08.zz.${String(n)}.0001.jsonl`)
    writeFileSync(file, '{}\n')
    truncateSync(file, 5_000_000)
  }
  expect(await headsOf(place, 'keyed', SIGNING.key)).toContainEqual(headOf(chain.at(-1)))
}, 180_000)
