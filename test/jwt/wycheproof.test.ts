import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  privateEncrypt,
  publicDecrypt,
  type KeyObject,
} from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { JWK } from 'jose'
import { MisuseError, type IssuerOptions } from 'sallyport'
import { readVectors } from '../vectors/read.js'
import { AUDIENCE, CLAIMS, ISSUER, openGate, signText } from './issuer.js'

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly result: 'valid' | 'invalid'
  readonly jws?: string
  readonly jwe?: string
}

type Keys = JWK | { readonly keys: readonly JWK[] }

interface Group {
  readonly private: Keys
  readonly public?: Keys
  readonly tests: readonly Vector[]
}

type Override = Readonly<Record<string, { readonly use: string }>>

const overrides = readVectors('wycheproof/overrides.json') as Readonly<Record<string, Override>>

function groupsOf(file: string): readonly Group[] {
  return (readVectors(`wycheproof/${file}`) as { readonly testGroups: readonly Group[] }).testGroups
}

/** What is done with a vector in the place of what its label says. */
function overrideOf(file: string, tcId: number): string | undefined {
  const match = Object.entries(overrides[file] ?? {}).find(([ids]) =>
    ids.split(',').some((range) => {
      const [from = '', to = from] = range.split('-')
      return tcId >= Number(from) && tcId <= Number(to)
    }),
  )
  return match?.[1].use
}

const keysOf = (keys: Keys): readonly JWK[] => ('keys' in keys ? keys.keys : [keys])

/** What a gate is told to trust by this group; a secret in the way of a secret, everything else as a JWK Set. */
function issuerOf(group: Group): IssuerOptions {
  const trusted = group.public ?? group.private
  const keys = keysOf(trusted)
  const [key] = keys
  const common = { issuer: ISSUER, audience: AUDIENCE, profile: 'any' as const }
  const algorithms = [key?.alg as 'RS256']
  if (key?.kty === 'oct' && keys.length === 1) {
    return { ...common, algorithms, secret: Buffer.from(key.k ?? '', 'base64url') }
  }
  return { ...common, algorithms, jwks: { keys: [...keys] } }
}

type House = ReturnType<typeof openGate>
const houses = new Map<Group, House | undefined>()

/** A gate with the keys of the group, or `undefined` where they are refused at start-up. */
function open(group: Group): House | undefined {
  if (!houses.has(group)) houses.set(group, tryToOpen(group))
  return houses.get(group)
}

function tryToOpen(group: Group): House | undefined {
  try {
    return openGate([issuerOf(group)])
  } catch (error) {
    if (error instanceof MisuseError) return undefined
    throw error
  }
}

function signerOf(group: Group): KeyObject | Uint8Array | undefined {
  const [key] = keysOf(group.private)
  if (key?.kty === 'oct') return Buffer.from(key.k ?? '', 'base64url')
  return key?.d === undefined ? undefined : createPrivateKey({ key: { ...key }, format: 'jwk' })
}

const json = JSON.stringify({ ...CLAIMS, iss: ISSUER })
const body = Buffer.from(json).toString('base64url')

/** The vectors sign `foo`. Their verdict is on the key and the signature: this is the same, on a JWT. */
async function resigned(jws: string, group: Group): Promise<string> {
  const [head = ''] = jws.split('.')
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, string>
  const { alg = '', kid = '', ...more } = header
  const signer = signerOf(group)
  if (signer === undefined) throw new Error('No key to sign with.')
  return signText(json, { alg, kid, privateKey: signer }, { typ: undefined, ...more })
}

const HASHES: Readonly<Record<string, string>> = {
  RS256: 'sha256',
  RS384: 'sha384',
  RS512: 'sha512',
}

/**
 * The same defect on a JWT. Of RSA signatures with PKCS #1 padding, the padding is taken out, the hash in it replaced by ours, and signed again as
 * it is; of all others, the signature is carried over.
 */
function transplanted(jws: string, group: Group): string {
  const [head = '', , ...rest] = jws.split('.')
  const [jwk] = keysOf(group.private)
  const hash = HASHES[jwk?.alg ?? '']
  const [signature = ''] = rest
  const private_ = hash === undefined ? undefined : signerOf(group)
  const own =
    private_ && rest.length === 1
      ? repadded(jws, signature, private_ as KeyObject, String(hash), head)
      : undefined
  return [head, body, ...(own === undefined ? rest : [own])].join('.')
}

let repaddings = 0

function repadded(
  jws: string,
  signature: string,
  key: KeyObject,
  hash: string,
  head: string,
): string | undefined {
  const padding = constants.RSA_NO_PADDING
  try {
    const padded = publicDecrypt(
      { key: createPublicKey(key), padding },
      Buffer.from(signature, 'base64url'),
    )
    const digest = (text: string) => createHash(hash).update(text).digest()
    const at = padded.indexOf(digest(jws.slice(0, jws.lastIndexOf('.'))))
    if (at === -1) return undefined
    digest(`${head}.${body}`).copy(padded, at)
    repaddings += 1
    return privateEncrypt({ key, padding }, padded).toString('base64url')
  } catch {
    return undefined
  }
}

describe.each([
  'json_web_signature_test.json',
  'json_web_key_test.json',
  'json_web_crypto_test.json',
])('%s', (file) => {
  const vectors = groupsOf(file).flatMap((group) =>
    group.tests.map((vector) => [vector.tcId, vector.comment, vector, group] as const),
  )

  test.each(vectors)('%i %s', async (tcId, _, vector, group) => {
    const house = open(group)
    const given: unknown = vector.jws ?? vector.jwe
    const text = typeof given === 'string' ? given : JSON.stringify(given)
    // None of them is a JWT as it stands: valid or not, it opens nothing.
    if (house !== undefined) expect(await house.verdict(text)).not.toBe('allowed')
    if (vector.jws === undefined) return
    const valid = vector.result === 'valid'
    const use = overrideOf(file, tcId)
    if (valid && (use === undefined || use.startsWith('accept'))) {
      expect(await house?.verdict(await resigned(text, group))).toBe('allowed')
    } else if (use !== 'skip' && house !== undefined) {
      expect(await house.verdict(transplanted(text, group))).not.toBe('allowed')
    }
  })
})

test('paddings were modified on JWTs as well, and the unmodified one is good', async () => {
  expect(repaddings).toBeGreaterThan(100)
  const group = groupsOf('json_web_signature_test.json').find(({ tests }) =>
    tests.some(({ tcId }) => tcId === 33),
  )
  const { jws = '' } = group?.tests.find(({ tcId }) => tcId === 33) ?? {}
  if (group === undefined) throw new Error('No such group.')
  expect(await open(group)?.verdict(transplanted(jws, group))).toBe('allowed')
})

test('every JWE is refused, whatever its label', async () => {
  const tokens = groupsOf('json_web_encryption_test.json').flatMap(({ tests }) =>
    tests.map(({ jwe = '' }) => jwe),
  )
  expect(tokens).toHaveLength(139)
  const group = groupsOf('json_web_signature_test.json')[0] as Group
  const { gate } = open(group) ?? {}
  for (const token of tokens) {
    const decision = await gate?.verify(token)
    expect(decision).toMatchObject({ allowed: false, status: 401 })
  }
})

const KEYS_REFUSED = [
  1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
]

test('keys that nothing should be verified with are refused at start-up', () => {
  const refused = groupsOf('json_web_key_test.json')
    .filter((group) => open(group) === undefined)
    .flatMap(({ tests }) => tests.map(({ tcId }) => tcId))
  expect(refused.sort((a, b) => a - b)).toEqual(KEYS_REFUSED)
})
