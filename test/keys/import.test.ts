import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, DuplicateKeyError } from 'sallyport'

const SECRET = 'legacy:9f8e7d6c5b4a/XYZ='
const CI = { name: 'CI', ownerId: 'org_1' } as const
const NEW = 'a new pepper of thirty-two characters'
const OLD = 'an old pepper of thirty-two characters'

function open(peppers: readonly string[] = [], store = createMemoryKeyStore()) {
  return createGate({ environment: 'live', keys: { prefix: 'acme', peppers, store }, scopes: [] })
}

// What is made with the first key is there for all tests, whichever comes first.
beforeAll(async () => {
  await open().keys.import({ ...CI, secret: SECRET, createdBy: { subject: 'ann' } })
})

function digest(encoding: 'hex' | 'base64' | 'base64url'): string {
  return createHash('sha256').update(SECRET).digest(encoding)
}

describe.each([
  ['without a pepper', []],
  ['with a pepper', [NEW]],
])('a key issued elsewhere, %s,', (_, peppers) => {
  test.each([
    ['its secret', { secret: SECRET }],
    ['its digest in hex', { digest: digest('hex') }],
    ['its digest in base64', { digest: digest('base64') }],
    ['its digest in base64url', { digest: digest('base64url') }],
  ])('works once imported by %s, even if it was refused a moment ago', async (_name, source) => {
    const gate = open(peppers)
    expect(await gate.verify(SECRET)).toMatchObject({ reason: 'unknown_key' })
    const { id } = await gate.keys.import({ ...CI, ...source })
    expect(await gate.verify(SECRET)).toMatchObject({ allowed: true, auth: { keyId: id } })
    await gate.keys.revoke(id)
    expect(await gate.verify(SECRET)).toMatchObject({ reason: 'key_revoked' })
  })
})

test('a store that says of a new key that it is taken is understood', async () => {
  const store = createMemoryKeyStore()
  const taken = () => {
    throw new DuplicateKeyError()
  }
  const gate = open([], { ...store, insert: taken, rotate: taken })
  const refused = { name: 'KeyError', code: 'already_issued' }
  await expect(gate.keys.create(CI)).rejects.toMatchObject(refused)
  await expect(gate.keys.import({ ...CI, secret: SECRET })).rejects.toMatchObject(refused)
  const { id } = await open([], store).keys.create(CI)
  await expect(gate.keys.rotate(id)).rejects.toMatchObject(refused)
})

test('a key is shown by the end of its secret, as long as that is long enough, and by nothing of a digest', async () => {
  const { keys } = open()
  const hints = [
    await keys.import({ ...CI, secret: SECRET }),
    await keys.import({ ...CI, secret: 'short-key' }),
    await keys.import({ ...CI, digest: createHash('sha256').update('other').digest('hex') }),
    await keys.import({ ...CI, secret: 'x'.repeat(256) }),
  ].map(({ hint }) => hint)
  expect(hints).toEqual(['...XYZ=', '...', '...', '...xxxx'])
})

test('a key is imported once', async () => {
  const gate = open()
  await gate.keys.import({ ...CI, secret: SECRET })
  const again = gate.keys.import({ ...CI, digest: digest('hex') })
  await expect(again).rejects.toMatchObject({ code: 'already_issued' })
})

describe('a revoked key cannot be imported again', () => {
  const sources = { secret: { secret: SECRET }, digest: { digest: digest('hex') } }
  type Source = keyof typeof sources

  /** Imports, uses and revokes a key, once for each list of peppers, and imports it again under `now`. */
  async function importAgain(
    first: Source,
    second: Source,
    before: readonly (readonly string[])[],
    now: readonly string[],
    store = createMemoryKeyStore(),
  ) {
    const [start = []] = before
    const { id } = await open(start, store).keys.import({ ...CI, ...sources[first] })
    for (const peppers of before) {
      expect(await open(peppers, store).verify(SECRET)).toMatchObject({ allowed: true })
    }
    await open(now, store).keys.revoke(id)
    const gate = open(now, store)
    const alone: unknown = await gate.keys
      .import({ ...CI, ...sources[second] })
      .catch((error: unknown) => error)
    const lines = [JSON.stringify({ ...CI, ...sources[second] })]
    const outcomes = []
    for await (const { outcome } of gate.keys.importLines(lines)) outcomes.push(outcome)
    const { items } = await store.list({})
    return { alone, outcomes, records: items.length, verdict: await gate.verify(SECRET) }
  }

  const HISTORIES = [
    ['where there is no pepper', [[]], []],
    ['under the same pepper', [[OLD]], [OLD]],
    ['under a new pepper', [[OLD]], [NEW, OLD]],
    ['under a new pepper, after its use there', [[OLD], [NEW, OLD]], [NEW, OLD]],
    ['under a first pepper', [[]], [NEW]],
    ['under a second pepper, after its use under the first', [[], [OLD]], [NEW, OLD]],
    ['once its first pepper is gone', [[OLD], [NEW, OLD]], [NEW]],
    ['once a new pepper was taken back', [[NEW], [OLD, NEW]], [OLD]],
  ] as const
  const CASES = HISTORIES.flatMap(([name, before, now]) =>
    (['secret', 'digest'] as const).flatMap((first) =>
      (['secret', 'digest'] as const).map((second) => [name, first, second, before, now] as const),
    ),
  )

  test.each(CASES)('%s: by its %s and then by its %s', async (_, first, second, before, now) => {
    expect(await importAgain(first, second, before, now)).toMatchObject({
      alone: { code: 'already_issued' },
      outcomes: ['present'],
      records: 1,
      verdict: { reason: 'key_revoked' },
    })
  })

  test('and neither while it gets its new digest', async () => {
    const store = createMemoryKeyStore()
    const { id } = await open([OLD], store).keys.import({ ...CI, secret: SECRET })
    const renew = async () => {
      await open([NEW, OLD], store).verify(SECRET)
      expect(await store.findById(id)).toMatchObject({ version: 2 })
    }
    let renewing: Promise<void> | undefined
    const racing = {
      ...store,
      async findByDigest(digest: string) {
        await (renewing ??= renew())
        return store.findByDigest(digest)
      },
    }
    const again = open([NEW, OLD], racing).keys.import({ ...CI, secret: SECRET })
    await expect(again).rejects.toMatchObject({ code: 'already_issued' })
    expect(renewing).toBeDefined()
  })

  test('control: where older digests are not looked for, it works again', async () => {
    const store = createMemoryKeyStore()
    let looking = true
    const findByDigest = (digest: string) => (looking ? store.findByDigest(digest) : undefined)
    const revived = importAgain('digest', 'digest', [[OLD]], [NEW, OLD], {
      ...store,
      findByDigest,
      update(...change) {
        looking = false
        return store.update(...change)
      },
      insert(record) {
        looking = true
        return store.insert(record)
      },
    })
    expect(await revived).toMatchObject({ alone: {}, records: 2, verdict: { allowed: true } })
  })
})

test.each([
  [{}, "give either 'secret' or 'digest'"],
  [{ secret: SECRET, digest: digest('hex') }, "give either 'secret' or 'digest'"],
  [{ secret: 7 }, "give either 'secret' or 'digest'"],
  [{ digest: 7 }, "give either 'secret' or 'digest'"],
  [{ secret: SECRET, createdBy: 'ann' }, "import: 'createdBy' must be an object"],
  [{ secret: SECRET, createdBy: { subject: ' ' } }, "import: 'createdBy': 'subject' must"],
  [{ secret: `\u00e9${'x'.repeat(8)}` }, '8 to 256 visible ASCII'],
  [{ secret: `${'x'.repeat(8)}\n` }, '8 to 256 visible ASCII'],
  [{ secret: 'short' }, '8 to 256 visible ASCII'],
  [{ secret: 'a b'.repeat(10) }, '8 to 256 visible ASCII'],
  [{ secret: 'x'.repeat(257) }, '8 to 256 visible ASCII'],
  [{ digest: 'abc' }, 'must be a SHA-256 in hex, base64 or base64url'],
  [{ secret: `acme_live_sk_${'0'.repeat(33)}` }, 'a wrong checksum; copy it again'],
])('%j is refused', async (source, message) => {
  const attempt = open().keys.import({ ...CI, ...source } as never)
  await expect(attempt).rejects.toThrow(message)
})

describe('a pepper', () => {
  test('makes digests that nobody can try out without it', async () => {
    const store = createMemoryKeyStore()
    const { secret } = await open([NEW], store).keys.create(CI)
    const plain = createHash('sha256').update(secret).digest('base64url')
    expect(await store.findByDigest(plain)).toBeUndefined()
    expect(await open([], store).verify(secret)).toMatchObject({ reason: 'unknown_key' })
  })

  test.each([
    ['its secret', { secret: SECRET }],
    ['its digest', { digest: digest('hex') }],
  ])('is in the digest of a key imported by %s, also before its first use', async (_, source) => {
    const store = createMemoryKeyStore()
    const isPlain = async () => (await store.findByDigest(digest('base64url'))) !== undefined
    await open([NEW], store).keys.import({ ...CI, ...source })
    expect(await isPlain()).toBe(false)
    expect(await open([], store).verify(SECRET)).toMatchObject({ reason: 'unknown_key' })
    // Control: without a pepper it is the plain one.
    await open([], store).keys.import({ ...CI, ...source })
    expect(await isPlain()).toBe(true)
  })

  test('is replaced at a later use where somebody else changed the key at the first one', async () => {
    const store = createMemoryKeyStore()
    const { id, secret } = await open([OLD], store).keys.create(CI)
    const renewals: (boolean | undefined)[] = []
    const both = open([NEW, OLD], {
      ...store,
      async update(wanted, patch, version) {
        if (renewals.length === 0) await store.update(id, { name: 'Renamed' }, version)
        const done = await store.update(wanted, patch, version)
        renewals.push(done)
        return done
      },
    })
    for (const expected of [[false], [false, true]]) {
      expect(await both.verify(secret)).toMatchObject({ allowed: true })
      await new Promise((resolve) => setImmediate(resolve))
      expect(renewals).toEqual(expected)
    }
    expect(await open([NEW], store).verify(secret)).toMatchObject({ allowed: true })
  })

  test('that is no longer current still verifies; one that is gone does not', async () => {
    const store = createMemoryKeyStore()
    const { secret } = await open([OLD], store).keys.create(CI)
    expect(await open([NEW], store).verify(secret)).toMatchObject({ reason: 'unknown_key' })
    expect(await open([NEW, OLD], store).verify(secret)).toMatchObject({ allowed: true })
  })

  test('that is no longer current is replaced at the next use of a key', async () => {
    const store = createMemoryKeyStore()
    const used = await open([OLD], store).keys.create(CI)
    const idle = await open([OLD], store).keys.create(CI)
    const both = open([NEW, OLD], store)
    for (let time = 0; time < 2; time++) {
      expect(await both.verify(used.secret)).toMatchObject({ allowed: true })
    }
    expect(await store.findById(used.id)).toMatchObject({ version: 2 })
    const alone = open([NEW], store)
    expect(await alone.verify(used.secret)).toMatchObject({ allowed: true })
    expect(await alone.verify(idle.secret)).toMatchObject({ reason: 'unknown_key' })
  })
})

describe('a digest by its algorithm', () => {
  test("may be said to be 'sha256'", async () => {
    const gate = open()
    await gate.keys.import({ ...CI, digest: digest('hex'), algorithm: 'sha256' })
    expect(await gate.verify(SECRET)).toMatchObject({ allowed: true })
  })

  const bcrypt = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
  test.each([
    ['bcrypt', { digest: bcrypt, algorithm: 'bcrypt' }, "'algorithm' is 'bcrypt'"],
    [
      'an HMAC',
      { digest: digest('hex'), algorithm: 'hmac-sha256' },
      "'algorithm' is 'hmac-sha256'",
    ],
    ['a number', { digest: digest('hex'), algorithm: 256 }, "'algorithm' is number"],
    ['bcrypt that says so itself', { digest: bcrypt }, "'digest' was made by bcrypt"],
    ['argon2id', { digest: '$argon2id$v=19$m=16,t=2,p=1$c2FsdA$aGFzaA' }, 'made by argon2id'],
    ['bcrypt of old', { digest: '$2$10$N9qo8uLOickgx2ZMRZoMye' }, "'digest' was made by bcrypt"],
    ['scrypt', { digest: '$scrypt$ln=16,r=8,p=1$c2FsdA$aGFzaA' }, 'made by scrypt'],
    ['pbkdf2', { digest: '$pbkdf2$1000$c2FsdA$aGFzaA' }, 'made by pbkdf2;'],
    ['pbkdf2 with SHA-256', { digest: '$pbkdf2-sha256$1$c2FsdA$aA' }, 'made by pbkdf2-sha256;'],
    ['md5', { digest: '$1$salt$hash' }, 'made by md5;'],
    ['sha256-crypt', { digest: '$5$salt$hash' }, 'made by sha256-crypt;'],
    ['sha512-crypt', { digest: '$6$salt$hash' }, 'made by sha512-crypt'],
    [
      'one with a long name',
      { digest: digest('hex'), algorithm: 'x'.repeat(65) },
      `'algorithm' is '${'x'.repeat(64)}';`,
    ],
  ])('is refused where it is %s, with what to do instead', async (_, source, message) => {
    const gate = open()
    const given = { ...CI, ...source } as Parameters<typeof gate.keys.import>[0]
    const attempt = gate.keys.import(given)
    await expect(attempt).rejects.toMatchObject({ name: 'MisuseError', code: 'invalid_key_input' })
    const error: unknown = await attempt.catch((thrown: unknown) => thrown)
    expect(String(error)).toContain(message)
    expect(String(error)).toContain("'keys.legacy'")
  })

  test('is not named where it stands in the middle of something else', async () => {
    const attempt = open().keys.import({ ...CI, digest: 'x$2b$10$hash' })
    await expect(attempt).rejects.toThrow("'digest' must be a SHA-256 in hex")
  })

  test('stands beside a digest only', async () => {
    const given = { ...CI, secret: SECRET, algorithm: 'sha256' } as never
    await expect(open().keys.import(given)).rejects.toMatchObject({ code: 'invalid_key_input' })
  })

  test('is named where a line is refused, and what is no algorithm is not', async () => {
    const reasons: string[] = []
    const lines = ['bcrypt', 'hmac-sha256', SECRET].map((algorithm) =>
      JSON.stringify({ ...CI, digest: digest('hex'), algorithm }),
    )
    for await (const one of open().keys.importLines([lines.join('\n')])) {
      reasons.push(one.outcome === 'refused' ? one.reason : one.outcome)
    }
    expect(reasons.map((reason) => reason.split(';')[0])).toEqual([
      "'algorithm' is 'bcrypt'",
      "'algorithm' is 'hmac-sha256'",
      "'algorithm' is '...'",
    ])
  })
})
