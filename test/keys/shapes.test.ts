import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type KeyStore } from 'sallyport'

const CI = { name: 'CI', ownerId: 'org_1' } as const

function open(store: KeyStore = createMemoryKeyStore()) {
  return createGate({
    ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] },
    onError: () => undefined,
  })
}

describe('a secret from elsewhere', () => {
  /** One of our own that somebody has mistyped, with one more character exchanged. */
  async function mistyped(at?: number, instead = 'x') {
    const { secret } = await open().keys.create(CI)
    const end = secret.endsWith('0') ? '1' : '0'
    const wrong = secret.slice(0, -1) + end
    return at === undefined ? wrong : wrong.slice(0, at) + instead + wrong.slice(at + 1)
  }

  const START = 'acme_live_sk_'

  test.each([
    ['as it is', undefined, 'x'],
    ['with the other kind', START.indexOf('sk'), 'p'],
    ['of another environment', START.indexOf('live'), 'g'],
  ])('that is one of ours with a wrong checksum is refused, %s', async (_, at, instead) => {
    await expect(
      open().keys.import({ ...CI, secret: await mistyped(at, instead) }),
    ).rejects.toThrow('a wrong checksum')
  })

  test.each([
    ['has another prefix', 0],
    ['has no underscore after the prefix', 4],
    ['has no underscore before the kind', START.length - 4],
    ['has another kind', START.length - 3],
    ['has no k after it', START.length - 2],
    ['has no underscore after the kind', START.length - 1],
  ])('that %s is none of ours, and is taken', async (_, at) => {
    const gate = open()
    const secret = await mistyped(at)
    await gate.keys.import({ ...CI, secret })
    expect(await gate.verify(secret)).toMatchObject({ allowed: true })
  })

  test.each(['acme_x_sk', 'acme_acme', 'acme____'])(
    'that is short is taken: %s',
    async (secret) => {
      const gate = open()
      await gate.keys.import({ ...CI, secret })
      expect(await gate.verify(secret)).toMatchObject({ allowed: true })
    },
  )

  test.each([
    ['acme_live_sk_0123456789abcdef', 'acme_live_sk_...cdef'],
    ['acme_live_sk_0123456789abcde', '...'],
    ['ZZacme_live_sk_0123456789abcdef', '...cdef'],
    ['zzacme_live_sk_0123456789abcdef', '...cdef'],
    ['0123456789abcdef', '...cdef'],
    ['0123456789abcde', '...'],
  ])('%s is recognised by %s', async (secret, hint) => {
    expect(await open().keys.import({ ...CI, secret })).toMatchObject({ hint })
  })
})

describe('a digest from elsewhere', () => {
  const SECRET = 'from-elsewhere-and-long'
  const of = (encoding: 'hex' | 'base64' | 'base64url') =>
    createHash('sha256').update(SECRET).digest(encoding)

  test.each([of('hex'), of('hex').toUpperCase(), of('base64'), of('base64url')])(
    'is read as it is written: %s',
    async (digest) => {
      const gate = open()
      await gate.keys.import({ ...CI, digest })
      expect(await gate.verify(SECRET)).toMatchObject({ allowed: true })
    },
  )

  test.each([
    `x${of('hex')}`,
    `${of('hex')}x`,
    of('hex').slice(1),
    `x${of('base64')}`,
    `${of('base64url')}x`,
    `${of('base64url')}==`,
    of('base64url').slice(1),
    of('base64url').replace(/^./, '*'),
  ])('is refused with more or less than it has: %s', async (digest) => {
    await expect(open().keys.import({ ...CI, digest })).rejects.toThrow(
      "'digest' must be a SHA-256 in hex, base64 or base64url",
    )
  })
})

test('an unknown key is looked up once where there is one way to find it', async () => {
  const memory = createMemoryKeyStore()
  let reads = 0
  const findByDigest: KeyStore['findByDigest'] = (digest) => {
    reads += 1
    return memory.findByDigest(digest)
  }
  const gate = open({ ...memory, findByDigest })
  expect(await gate.verify('somebody-elses-key-of-some-length')).toMatchObject({ allowed: false })
  expect(reads).toBe(1)
})
