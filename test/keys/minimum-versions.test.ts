import { describe, expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type KeyChangeFeed,
  type KeyChangeListener,
  type KeyRecord,
} from 'sallyport'

/** A gate whose feed says whatever the test wants it to say, and whose reads are counted and can be held back. */
async function open(told: 'after the commit' | 'in the transaction') {
  const memory = createMemoryKeyStore()
  const heard: KeyChangeListener[] = []
  let reads = 0
  let gap: Promise<unknown> | undefined
  let instead: KeyRecord | undefined
  const changes: KeyChangeFeed = {
    listen(listener) {
      heard.push(listener)
      return { close: () => undefined }
    },
    ...(told === 'after the commit' && { publish: () => undefined }),
  }
  const gate = createGate({
    environment: 'live',
    keys: {
      prefix: 'acme',
      changes,
      store: {
        ...memory,
        async findByDigest(digest) {
          reads += 1
          const record = instead ?? (memory.findByDigest(digest) as KeyRecord | undefined)
          await gap
          return record
        },
      },
    },
    scopes: [],
    onError: () => undefined,
  })
  const { id, secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  await gate.verify(secret)
  return {
    gate,
    id,
    secret,
    store: memory,
    reads: () => reads,
    answer(record: KeyRecord | undefined) {
      instead = record
    },
    hold: (until: Promise<unknown>) => {
      gap = until
    },
    tell(version: number, of = id) {
      for (const listener of heard) listener.changed({ id: of, version })
    },
  }
}

describe('a version that nobody committed', () => {
  test('costs one read where the feed is told after the commit', async () => {
    const { gate, secret, reads, tell } = await open('after the commit')
    for (let round = 0; round < 3; round++) {
      tell(Number.MAX_SAFE_INTEGER)
      expect(await gate.verify(secret)).toMatchObject({ allowed: true })
      expect(await gate.verify(secret)).toMatchObject({ allowed: true })
    }
    expect(reads()).toBe(1 + 3)
  })

  test('costs three reads, and one more, where the store tells of it in the transaction', async () => {
    const { gate, secret, reads, tell } = await open('in the transaction')
    tell(Number.MAX_SAFE_INTEGER)
    for (let round = 0; round < 5; round++) {
      expect(await gate.verify(secret)).toMatchObject({ allowed: true })
    }
    // What was read while it was believed is not remembered; what was read after that is.
    expect(reads()).toBe(1 + 3 + 1)
  })

  test('is not believed of a key that was deleted and stored anew under its name', async () => {
    const { gate, id, secret, store, answer, tell } = await open('in the transaction')
    const first = await store.findById(id)
    for (const version of [2, 3]) {
      await store.update(id, { name: `CI ${String(version)}` }, version - 1)
      tell(version)
    }
    answer(first)
    tell(1)
    expect(await gate.verify(secret)).toMatchObject({ allowed: true })
  })

  test('does not soften what this process has changed itself', async () => {
    const { gate, id, secret, tell } = await open('after the commit')
    tell(Number.MAX_SAFE_INTEGER)
    await gate.keys.revoke(id)
    tell(2)
    expect(await gate.verify(secret)).toMatchObject({ reason: 'key_revoked' })
  })
})

test('a read that began before a hint and ends after it is not remembered', async () => {
  const { gate, id, secret, store, hold, tell } = await open('after the commit')
  tell(2)
  let release: (() => void) | undefined
  hold(new Promise<void>((resolve) => (release = resolve)))
  const before = gate.verify(secret)
  // Another process revokes the key meanwhile.
  await store.update(id, { revokedAt: new Date() }, 1)
  tell(2)
  release?.()
  await before
  expect(await gate.verify(secret)).toMatchObject({ reason: 'key_revoked' })
})

test('an old hint does not drop what is newer', async () => {
  const { gate, id, secret, reads, tell } = await open('after the commit')
  await gate.keys.update(id, { name: 'CI 2' })
  await gate.verify(secret)
  const before = reads()
  tell(2)
  tell(1)
  await gate.verify(secret)
  expect(reads()).toBe(before)
})

describe('of a read that is under way while the feed tells of other keys,', () => {
  /** A read that has found version 2, and has not answered yet. */
  async function reading() {
    const opened = await open('in the transaction')
    const { gate, id, secret, hold } = opened
    await gate.keys.update(id, { name: 'CI 2' })
    let release: (() => void) | undefined
    hold(new Promise<void>((resolve) => (release = resolve)))
    const before = gate.verify(secret)
    const end = async () => {
      release?.()
      expect(await before).toMatchObject({ allowed: true })
    }
    return { ...opened, end }
  }

  test('what it has found is remembered', async () => {
    const { gate, secret, reads, tell, end } = await reading()
    for (const version of [2, 3]) tell(version, 'key_other')
    await end()
    const before = reads()
    await gate.verify(secret)
    expect(reads()).toBe(before)
  })

  test('it is not, once there are too many to know a change of its own key among them', async () => {
    const { gate, id, secret, store, tell, end } = await reading()
    await store.update(id, { revokedAt: new Date() }, 2)
    tell(3)
    for (let other = 0; other < 8_000; other++) tell(2, `key_${String(other)}`)
    await end()
    expect(await gate.verify(secret)).toMatchObject({ reason: 'key_revoked' })
  })
})
