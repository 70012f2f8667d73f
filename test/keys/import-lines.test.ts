import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  ImportStoppedError,
  StoreError,
  type ImportLinesOptions,
  type ImportOutcome,
  type KeyStore,
  type TextPieces,
} from 'sallyport'
import { dose } from '../dose.js'

const OLD = 'an old pepper of thirty-two characters'
const NEW = 'a new pepper of thirty-two characters'

const LINES = dose(10_000, 100_000)

function open(store: KeyStore = createMemoryKeyStore(), peppers: readonly string[] = []) {
  return createGate({
    environment: ['live', 'test'],
    keys: { prefix: 'acme', store, peppers },
    scopes: ['read:orders'],
  })
}

function secretOf(number: number): string {
  return `legacy-${String(number).padStart(9, '0')}`
}

function line(number: number, more: object = {}): string {
  const secret = secretOf(number)
  return `${JSON.stringify({ name: 'CI', ownerId: 'org_1', environment: 'live', secret, ...more })}\n`
}

function* lines(count: number) {
  for (let number = 1; number <= count; number++) yield line(number)
}

async function run(pieces: TextPieces, options?: ImportLinesOptions, gate = open()) {
  const outcomes: ImportOutcome[] = []
  for await (const outcome of gate.keys.importLines(pieces, options)) outcomes.push(outcome)
  return outcomes
}

/** A store that takes keys one by one, answers later, and fails at one secret. */
function slow(failsAt?: number) {
  const { insertAll: _, ...memory } = createMemoryKeyStore()
  const digest = createHash('sha256')
    .update(secretOf(failsAt ?? 0))
    .digest('base64url')
  const store = { inserted: 0, atOnce: 0, most: 0, failing: true }
  return Object.assign(store, memory, {
    async insert(record: Parameters<KeyStore['insert']>[0]) {
      store.most = Math.max(store.most, ++store.atOnce)
      await turn()
      store.atOnce -= 1
      if (store.failing && record.digest === digest) throw new Error('disk full')
      await memory.insert(record)
      store.inserted += 1
    },
  })
}

test(`${String(LINES)} lines, each in its turn, from a stream that is not read ahead`, async () => {
  const gate = open()
  let read = 0
  async function* pieces() {
    for (const one of lines(LINES)) {
      read += 1
      if (read % 1_000 === 0) await turn()
      yield one
    }
  }
  let done = 0
  let ahead = 0
  for await (const { line: number, outcome } of gate.keys.importLines(pieces())) {
    done += 1
    ahead = Math.max(ahead, read - done)
    if (number !== done || outcome !== 'imported') throw new Error(`line ${String(number)}`)
  }
  expect(done).toBe(LINES)
  expect(ahead).toBeLessThanOrEqual(16)
  for (const number of [1, LINES / 2, LINES]) {
    expect(await gate.verify(secretOf(number))).toMatchObject({ allowed: true })
  }
}, 60_000)

test('what a key has is in its line', async () => {
  const gate = open()
  const expiresAt = '2130-01-31T01:00:00+01:00'
  const more = {
    ...{ name: 'A', kind: 'pk', scopes: ['read:orders'], allowedIps: ['10.0.0.0/8'] },
    ...{ tenantIds: ['clinic_1'], resources: ['records/rec_1'] },
    createdBy: { subject: 'user_1', name: 'Ann Lee', app: true },
  }
  const [outcome] = await run([line(1, { ...more, expiresAt, metadata: { a: 1 } })], {}, gate)
  expect(outcome).toEqual({ line: 1, outcome: 'imported', id: expect.stringMatching(/^key_/) })
  const page = await gate.keys.list()
  expect(page.items).toEqual([
    expect.objectContaining({ ...more, metadata: { a: 1 }, expiresAt: new Date(expiresAt) }),
  ])
  expect(Math.abs(Date.now() - (page.items[0]?.createdAt.getTime() ?? 0))).toBeLessThan(60_000)
})

describe('a line', () => {
  const secret = secretOf(1)
  const unclear = 'is longer than 65536 bytes, or is not UTF-8'

  test.each<[string, string | Uint8Array, string]>([
    ['that is no JSON', line(1).replace('{', ''), 'is not a JSON object'],
    ['that is a list', '[]', 'is not a JSON object'],
    ['that is null', 'null', 'is not a JSON object'],
    ['that is no UTF-8', Buffer.from('"\xff"', 'latin1'), unclear],
    ['that is too long', line(1, { metadata: 'x'.repeat(65_536) }), unclear],
    ['without a name', line(1, { name: '' }), "'name' must have at least 1 characters"],
    ['with two sources', line(1, { digest: 'a' }), "give either 'secret' or 'digest'"],
    ['with a mistake', line(1, { scope: [] }), "'...' is not known; did you mean 'scopes'?"],
    ['with its secret as a name', line(1, { [secret]: 1 }), "'...' is not known; known are name"],
    ['with its secret as scope', line(1, { scopes: [secret] }), "'...' is not one of the scopes"],
    ['with its secret as network', line(1, { allowedIps: [secret] }), "'allowedIps' has '...'"],
    [
      'with its secret as a name in metadata',
      line(1, { metadata: { [`${secret}'`]: { a: 1 } } }).replace('{"a":1}', '1e999'),
      "'metadata' ",
    ],
    [
      'with its secret in one word, and a part of that in another',
      line(1, { allowedIps: ['10.0.0.1', `10.0.0.1'${secret}`] }),
      "'allowedIps' has '...'; write",
    ],
    ['of nowhere', line(1, { environment: secret }), "'...' is not an environment of this gate"],
    ['that ends at no time', line(1, { expiresAt: '2030-02-30' }), "'expiresAt' must be an ISO"],
    ['made by nobody', line(1, { createdBy: {} }), "'createdBy' must have 'subject', 'keyId' or"],
    ['made by a text', line(1, { createdBy: secret }), "'createdBy' must be an object"],
    [
      'made by a control character',
      line(1, { createdBy: { subject: `${secret}\n` } }),
      "'createdBy': 'subject' must not begin or end with white space",
    ],
    [
      'made by an API key',
      line(1, { createdBy: { keyId: `acme_live_sk_${'0'.repeat(33)}` } }),
      "'createdBy': 'keyId' must not have an API key",
    ],
    [
      'with its secret as a name of its maker',
      line(1, { createdBy: { [secret]: 'a' } }),
      "'createdBy': '...' is not known; known are keyId, issuer",
    ],
    ['that ends at a number', line(1, { expiresAt: 1 }), "'expiresAt' must be an ISO 8601"],
  ])('%s is refused, and the next one is imported', async (_, bad, reason) => {
    const pieces = [typeof bad === 'string' ? bad.trim() : bad, '\n', line(2)]
    const outcomes = await run(pieces)
    expect(outcomes).toEqual([
      { line: 1, outcome: 'refused', reason: expect.stringContaining(reason) },
      { line: 2, outcome: 'imported', id: expect.anything() },
    ])
    expect(JSON.stringify(outcomes)).not.toContain(secret)
  })

  test('that is blank is passed over, and counted', async () => {
    const outcomes = await run(['\n  \r\n', line(1), '\n', line(2).trim()])
    expect(outcomes.map((one) => one.line)).toEqual([3, 5])
  })
})

test('a scope that the gate does not know is kept where that is asked for, if it can be one', async () => {
  const pieces = [line(1, { scopes: ['write:all'] }), line(2, { scopes: ['a "b"'] })]
  expect(await run(pieces)).toMatchObject([{ outcome: 'refused' }, { outcome: 'refused' }])
  const kept = await run(pieces, { unknownScopes: 'keep' })
  expect(kept).toMatchObject([{ outcome: 'imported' }, { outcome: 'refused' }])
  expect(kept).toMatchObject([
    {},
    { reason: "'...' must be visible ASCII without quote or backslash" },
  ])
})

describe('a key that is there', () => {
  test('is present, in the same file as well', async () => {
    const gate = open()
    const pieces = [line(1), line(2), line(1)]
    const first = await run(pieces, {}, gate)
    expect(first.map(({ outcome }) => outcome)).toEqual(['imported', 'imported', 'present'])
    const second = await run([...pieces, line(3)], {}, gate)
    const outcomes = second.map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['present', 'present', 'present', 'imported'])
  })

  test.each([
    ['under an older pepper', [OLD], [NEW, OLD], {}],
    ['without a pepper', [], [NEW], {}],
    ['by its digest', [NEW], [NEW], { secret: undefined, digest: sha256(secretOf(1)) }],
  ])('is present %s', async (_, before, now, source) => {
    const store = createMemoryKeyStore()
    await run([line(1, source)], {}, open(store, before))
    expect(await run([line(1)], {}, open(store, now))).toEqual([{ line: 1, outcome: 'present' }])
  })
})

describe('an import', () => {
  test('goes on from a line', async () => {
    const outcomes = await run(lines(20), { fromLine: 19 })
    expect(outcomes.map((one) => one.line)).toEqual([19, 20])
  })

  test('has up to 16 lines under way, and has none when it is left', async () => {
    const store = slow()
    for await (const one of open(store).keys.importLines(lines(100))) {
      if (one.line === 10) break
    }
    expect(store.most).toBe(16)
    expect(store.atOnce).toBe(0)
    expect(store.inserted).toBe(25)
  })

  test('is stopped by a failing store at a line, and goes on there', async () => {
    const store = slow(20)
    const gate = open(store)
    const seen: number[] = []
    const attempt = async () => {
      for await (const one of gate.keys.importLines(lines(40))) seen.push(one.line)
    }
    const stopped: unknown = await attempt().catch((error: unknown) => error)
    expect(stopped).toBeInstanceOf(ImportStoppedError)
    expect(stopped).toMatchObject({ name: 'ImportStoppedError' })
    expect(stopped).toBeInstanceOf(StoreError)
    expect(stopped).toMatchObject({
      line: 20,
      message: 'The import stopped before line 20: The key store failed.',
    })
    expect(seen).toEqual([...Array(19).keys()].map((at) => at + 1))
    expect(store.atOnce).toBe(0)
    store.failing = false
    const rest = await run(lines(40), { fromLine: 20 }, gate)
    expect(rest.map((one) => one.line)).toEqual([...Array(21).keys()].map((at) => at + 20))
    expect(store.inserted).toBe(40)
  })

  describe('in a store that loses answers', () => {
    /** Commits, and says so from the nth time on that it is asked for a key. */
    function losing(answers: number, together: boolean): KeyStore {
      const { insertAll, ...memory } = createMemoryKeyStore()
      const asked = new Map<string, number>()
      const lose = ({ id }: { readonly id: string }) => {
        const times = (asked.get(id) ?? 0) + 1
        asked.set(id, times)
        return times < answers
      }
      return {
        ...memory,
        insert(record) {
          const lost = lose(record)
          void memory.insert(record)
          if (lost) throw new Error('connection reset')
        },
        ...(together && {
          insertAll(records) {
            const inserted = insertAll?.(records) ?? []
            if (records.map(lose).includes(true)) throw new Error('connection reset')
            return inserted
          },
        }),
      }
    }

    test.each([
      ['together', true],
      ['one by one', false],
    ])('tries again, and knows its own keys: %s', async (_, together) => {
      const gate = open(losing(3, together))
      const outcomes = await run([...lines(100), line(7)], {}, gate)
      expect(outcomes.map(({ outcome }) => outcome)).toEqual([
        ...Array<string>(100).fill('imported'),
        'present',
      ])
      const keyIds = outcomes.map((one) => 'id' in one && one.id)
      expect(await gate.verify(secretOf(1))).toMatchObject({ auth: { keyId: keyIds[0] } })
    })

    test('gives up after three times', async () => {
      const attempt = run(lines(1), {}, open(losing(4, true)))
      await expect(attempt).rejects.toMatchObject({ line: 1 })
    })
  })

  test.each([
    ['in one piece', 100, 4, 64],
    ['in a piece for each line', 1, 4, 1],
  ])('hands several keys at once to a store that takes them: %s', async (_, lot, most, size) => {
    const memory = createMemoryKeyStore()
    const sizes: number[] = []
    let atOnce = 0
    let highest = 0
    let failing = true
    const store: KeyStore = {
      ...memory,
      insert: () => {
        throw new Error('one by one')
      },
      async insertAll(records) {
        const call = sizes.push(records.length)
        highest = Math.max(highest, ++atOnce)
        await turn()
        atOnce -= 1
        if (failing && call > 5) throw new Error('disk full')
        return memory.insertAll?.(records) ?? []
      },
    }
    const gate = open(store)
    const all = [...lines(500)]
    const pieces = all.flatMap((_line, at) =>
      at % lot === 0 ? [all.slice(at, at + lot).join('')] : [],
    )
    const before = run(pieces, {}, gate)
    await expect(before).rejects.toBeInstanceOf(ImportStoppedError)
    const stopped: unknown = await before.catch((error: unknown) => error)
    expect(highest).toBe(most)
    expect(Math.max(...sizes)).toBe(size)
    expect(atOnce).toBe(0)
    failing = false
    const { line: fromLine } = stopped as ImportStoppedError
    expect(fromLine).toBe(1 + sizes.slice(0, 5).reduce((sum, one) => sum + one, 0))
    const rest = await run(pieces, { fromLine }, gate)
    expect(rest).toHaveLength(501 - fromLine)
    const again = await run(pieces, {}, gate)
    expect(again.filter(({ outcome }) => outcome !== 'present')).toEqual([])
  })

  test.each([
    ['one by one', () => slow()],
    ['together', () => createMemoryKeyStore()],
  ])('ends with what its source throws, once it has told what is imported: %s', async (_, make) => {
    function* broken() {
      yield* [...lines(200), line(201).slice(0, -2)]
      throw new Error('read error')
    }
    const gate = open(make())
    const told: ImportOutcome[] = []
    const attempt = async () => {
      for await (const one of gate.keys.importLines(broken())) told.push(one)
    }
    await expect(attempt()).rejects.toThrow('read error')
    expect(told.map((one) => one.line)).toEqual([...Array(200).keys()].map((at) => at + 1))
    expect(await gate.verify(secretOf(200))).toMatchObject({ allowed: true })
    expect((await run(lines(201), { fromLine: 201 }, gate))[0]).toMatchObject({
      outcome: 'imported',
    })
  })

  test.each([{ fromLine: 0 }, { fromLine: 1.5 }, { from: 1 }, { unknownScopes: 'drop' }])(
    'is refused with the options %j before it begins',
    (options) => {
      expect(() => open().keys.importLines([], options as never)).toThrow('gate.keys.importLines')
    },
  )
})

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
