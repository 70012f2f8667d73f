import { describe, expect, test } from '@jest/globals'
import type { KeyRecord } from 'sallyport'
import { createMemoryOutbox } from '../../src/keys/memory-outbox.js'

const TARGET = 'notify'
const at = (ms: number) => new Date(ms)
const times = (count: number) => Array.from({ length: count }, (_, index) => index)

function open() {
  const outbox = createMemoryOutbox()
  void outbox.subscribe([TARGET])
  const add = (name: string, count = 1, data: Record<string, unknown> = {}) =>
    outbox.add(
      times(count).map((index) => ({
        ...{ type: 'key.due', subject: `${name}_${String(index)}`, at: at(0) },
        data,
      })),
    )
  const claim = (fields: { now?: Date; until?: Date; holder?: string; limit?: number } = {}) =>
    outbox.claim({
      ...{ target: TARGET, holder: 'one', now: at(1), until: at(2), limit: 20_000, ...fields },
    }) as readonly { readonly seq: string; readonly subject: string }[]
  const subjects = (fields: Parameters<typeof claim>[0] = {}) =>
    claim(fields).map(({ subject }) => subject)
  const failed = (holder = 'one', nextAt?: Date) => {
    const claimed = claim({ holder })
    for (const { seq } of claimed) {
      const fault = { at: at(5), error: `of ${seq}`, ...(nextAt && { nextAt }) }
      void outbox.failed(seq, holder, fault)
    }
    return claimed
  }
  return { outbox, add, claim, subjects, failed }
}

describe('events beyond 10,000 push out', () => {
  test('the oldest of all, where each owner has few', () => {
    const { add, subjects } = open()
    void add('few', 10_001)
    const kept = subjects()
    expect(kept).toHaveLength(10_000)
    expect(kept[0]).toBe('few_1')
  })

  test('none of an owner that has an eighth', () => {
    const { add, subjects } = open()
    void add('eighth', 1_250, { ownerId: 'org_1' })
    void add('many', 10_000, { ownerId: 'org_2' })
    const kept = subjects()
    expect(kept).toHaveLength(10_000)
    expect(kept.filter((subject) => subject.startsWith('eighth'))).toHaveLength(1_250)
  })

  test('none of an owner whose many events were delivered', () => {
    const { outbox, add, claim, subjects } = open()
    void add('before', 1_300, { ownerId: 'org_1' })
    for (const { seq } of claim()) void outbox.delivered(seq, 'one')
    void add('fresh', 1, { ownerId: 'org_1' })
    void add('many', 12_000, { ownerId: 'org_2' })
    expect(subjects()).toContain('fresh_0')
  })

  test('and what has no owner is of its subject', () => {
    const { outbox, add, subjects } = open()
    void add('few', 20)
    const many = { type: 'key.due', subject: 'many', at: at(0), data: { ownerId: 7 } }
    void outbox.add(times(11_000).map(() => many))
    expect(subjects()).toHaveLength(21)
  })
})

describe('an event that is added once', () => {
  const once = (from: number, count: number) =>
    times(count).map((index) => ({
      ...{
        type: 'key.due',
        subject: 's',
        at: at(0),
        data: {},
        once: `mark_${String(from + index)}`,
      },
    }))

  test('is known by its mark among 100,000', () => {
    const outbox = createMemoryOutbox()
    void outbox.add(once(0, 100_000))
    expect(outbox.add(once(0, 2))).toEqual([false, false])
    expect(outbox.add(once(100_000, 1))).toEqual([true])
    expect(outbox.add(once(1, 1))).toEqual([false])
    expect(outbox.add(once(0, 1))).toEqual([true])
  })
})

describe('what is claimed', () => {
  test('is free for others at the end of the claim, and before it once its holder releases it', () => {
    const { outbox, add, subjects } = open()
    void add('a')
    expect(subjects({ until: at(10) })).toEqual(['a_0'])
    expect(subjects({ now: at(9), holder: 'two' })).toEqual([])
    void outbox.release('two')
    expect(subjects({ now: at(9), holder: 'two' })).toEqual([])
    expect(subjects({ now: at(10), until: at(20), holder: 'two' })).toEqual(['a_0'])
    void outbox.release('two')
    expect(subjects({ now: at(11) })).toEqual(['a_0'])
  })

  test('is ended by its holder alone, and what is gone by nobody', () => {
    const { outbox, add, claim, subjects } = open()
    void add('a')
    const seq = claim({ until: at(10) })[0]?.seq ?? ''
    void outbox.delivered(seq, 'two')
    void outbox.failed(seq, 'two', { at: at(5), error: 'none' })
    expect(subjects({ now: at(10), until: at(20) })).toEqual(['a_0'])
    void outbox.delivered(seq, 'one')
    void outbox.delivered(seq, 'one')
    expect(subjects({ now: at(30) })).toEqual([])
  })
})

describe('what was given up', () => {
  test('is listed in pages, the last one first', async () => {
    const { outbox, add, failed } = open()
    void add('given-up', 4)
    failed()
    void add('tried-again')
    failed('one', at(100))
    const pages: string[][] = []
    let cursor: string | undefined
    do {
      const page = await outbox.failures({ limit: 2, ...(cursor !== undefined && { cursor }) })
      pages.push(page.items.map(({ subject }) => subject))
      expect(page.items[0]).toMatchObject({
        endedAt: at(5),
        error: `of ${page.items[0]?.seq ?? ''}`,
      })
      cursor = page.cursor
    } while (cursor !== undefined)
    expect(pages).toEqual([
      ['given-up_3', 'given-up_2'],
      ['given-up_1', 'given-up_0'],
    ])
    const all = await outbox.failures({ limit: 3 })
    expect(all.cursor).toBe(all.items[2]?.seq)
  })

  test('is tried again, one or all, and nothing else is', () => {
    const { outbox, add, failed, subjects } = open()
    void add('given-up', 3)
    const [first] = failed()
    void add('tried-again')
    failed('one', at(100))
    expect(outbox.retry(first?.seq)).toBe(1)
    expect(subjects()).toEqual(['given-up_0'])
    expect(outbox.retry()).toBe(2)
    expect(subjects({ now: at(3) })).toEqual(['given-up_0', 'given-up_1', 'given-up_2'])
    expect(outbox.retry()).toBe(0)
  })
})

test('a change that nobody can see is no event, in whichever order the members of a key come', () => {
  const { outbox, claim } = open()
  const key = {
    ...{ id: 'key_1', version: 1, name: 'CI', ownerId: 'org_1', digest: 'a', scopes: ['read'] },
    ...{ environment: 'live', kind: 'sk' },
  } as unknown as KeyRecord
  const turned = Object.fromEntries(Object.entries(key).reverse()) as unknown as KeyRecord
  outbox.note(key, { ...turned, version: 2, digest: 'b' })
  outbox.note(turned, key)
  expect(claim()).toEqual([])
  outbox.note(key, { ...turned, name: 'Two' })
  expect(claim()).toEqual([expect.objectContaining({ type: 'key.updated', subject: 'key_1' })])
})
