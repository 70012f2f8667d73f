import { beforeAll, expect, test } from '@jest/globals'
import { queryTrail, type FoundLine, type TrailLine, type TrailReader } from 'sallyport'
import { access, chained, trailOf } from './trails.js'

const TIMES = ['2026-01-03', '2026-01-02', '2026-01-01'].map((day) => `${day}T00:00:00.000Z`)

/** What an index finds of three events, the newest first. */
function found(): FoundLine[] {
  return TIMES.map((time, at) => {
    const [entry] = chained(`w.${String(at)}`, [access({ id: `id_${String(at)}`, time })])
    const { line, record } = entry ?? { line: '', record: undefined }
    const [writer, seq] = [record?.writer ?? '', record?.seq ?? 0]
    return { line, where: `row ${String(at)}`, at: { time, id: `id_${String(at)}`, writer, seq } }
  })
}

/** An index that answers what it has after a place, part by part. */
function indexOf(all: readonly unknown[]): TrailReader {
  const placeOf = (one: unknown) => JSON.stringify(Reflect.get(Object(one) as object, 'at'))
  return {
    ...trailOf([]),
    find({ after, limit, from: future }) {
      if (future !== undefined) return []
      const from = after ? all.findIndex((one) => placeOf(one) === JSON.stringify(after)) + 1 : 0
      if (after !== undefined && from === 0) throw new Error('There is no such place.')
      return all.slice(from, from + limit) as FoundLine[]
    },
  }
}

// What is made with the first answer is there for all tests, whichever comes first.
beforeAll(async () => {
  await queryTrail(indexOf([null, ...found()]))
})

async function pagesOf(reader: TrailReader, limit: number) {
  const ids: string[] = []
  const damaged: TrailLine[] = []
  let cursor: string | undefined
  do {
    const query = { limit, ...(cursor !== undefined && { cursor }) }
    const page = await queryTrail(reader, query, { onDamaged: (line) => damaged.push(line) })
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.cursor
  } while (cursor !== undefined)
  return { ids, damaged: damaged.map(({ where }) => where) }
}

const NONE: readonly (readonly [string, (line: FoundLine) => unknown])[] = [
  ['a time that is none', (line) => at(line, { time: '2026-02-30T00:00:00.000Z' })],
  ['no id', (line) => at(line, { id: '' })],
  ['a number that is none', (line) => at(line, { seq: 0.5 })],
  ['later lines that are none', (line) => ({ ...line, later: [{}] })],
  ['no line', ({ where, at: place }) => ({ where, at: place })],
  ['nothing at all', () => null],
]

function at(line: FoundLine, wrong: object) {
  return { ...line, at: { ...line.at, ...wrong } }
}

test.each(NONE)('what an index finds with %s is damaged, and ends no page', async (_, spoil) => {
  const [first, second, third] = found()
  if (!first || !second || !third) throw new Error('There are three.')
  for (const limit of [1, 2, 50]) {
    const reader = indexOf([first, spoil({ ...second, where: 'row 1' }), third])
    const { ids, damaged } = await pagesOf(reader, limit)
    expect(ids).toEqual(['id_0', 'id_2'])
    expect(damaged).toHaveLength(1)
    const last = indexOf([first, third, spoil({ ...second, where: 'row 1' })])
    const end = await pagesOf(last, limit)
    expect(end.ids).toEqual(['id_0', 'id_2'])
    if (limit === 50) expect(end.damaged).toHaveLength(1)
  }
})

test('one whole answer of an index may have times that are none', async () => {
  const [first, second, third] = found()
  if (!first || !second || !third) throw new Error('There are three.')
  const odd = Array.from({ length: 9 }, (_, n) =>
    at(second, { time: '2026-02-30T00:00:00.000Z', seq: n }),
  )
  const { ids, damaged } = await pagesOf(
    indexOf([...odd, first, ...odd.map((one, n) => at(one, { seq: 9 + n })), third]),
    1,
  )
  expect(ids).toEqual(['id_0', 'id_2'])
  expect(new Set(damaged)).toEqual(new Set(['row 1']))
})

test('what is damaged is told with what is known of it', async () => {
  const damaged: TrailLine[] = []
  const [first] = found()
  const bare = { line: 'torn', where: 'row 7', at: { time: 'x', id: 'i', writer: 'w', seq: 1 } }
  for (const one of [bare, { line: 'torn' }, null]) {
    await queryTrail(indexOf([first, one]), {}, { onDamaged: (line) => damaged.push(line) })
  }
  const unknown = { line: '', where: 'the index of the trail' }
  expect(damaged).toEqual([{ line: 'torn', where: 'row 7' }, unknown, unknown])
})

test('a whole answer without a place after the first one is an error, and a last one is not', async () => {
  const [first] = found()
  const askedFor: number[] = []
  const readerOf = (missing: (limit: number) => number): TrailReader => ({
    ...trailOf([]),
    find: ({ after, limit, from }) => {
      if (from !== undefined) return []
      askedFor.push(limit)
      const rest = Array.from({ length: missing(limit) }, () => null)
      return (after ? rest : [first]) as never
    },
  })
  await expect(queryTrail(readerOf((limit) => limit))).rejects.toThrow('what are no lines')
  const { items } = await queryTrail(readerOf((limit) => limit - 1))
  expect(items.map(({ id }) => id)).toEqual(['id_0'])
})

test('a sound line that an index finds again and again is the end as well', async () => {
  const [line] = found()
  let asked = 0
  const find = () => {
    asked += 1
    return [line] as never
  }
  const { items } = await queryTrail({ ...trailOf([]), find }, { limit: 200 })
  expect(new Set(items.map(({ id }) => id))).toEqual(new Set(['id_0']))
  expect(asked).toBeLessThan(10)
})

test('a place that an index finds again and again is the end', async () => {
  const [line] = found()
  if (!line) throw new Error('There is one.')
  const odd = at(line, { time: 'x' })
  const { ids, damaged } = await pagesOf({ ...trailOf([]), find: () => [odd] as never }, 50)
  expect([ids, new Set(damaged)]).toEqual([[], new Set(['row 0'])])
})

test('an index that never leads on is an error, and no loop', async () => {
  const [line] = found()
  if (!line) throw new Error('There is one.')
  for (const answer of [[null], [at(line, { seq: -1 })], 'none', [{}, 5]]) {
    const reader: TrailReader = { ...trailOf([]), find: () => answer as never }
    await expect(queryTrail(reader)).rejects.toThrow('The index has found what are no lines.')
  }
})
