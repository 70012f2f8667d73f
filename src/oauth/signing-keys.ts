import { generateKeyPair, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { Refusal } from '../core/denial.js'
import { TokenStoreError } from '../core/errors.js'
import { loadJose } from '../jwt/jose.js'
import { createKeySet, MAX_KEYS, type KeySet } from '../jwt/key-set.js'
import type { Jwk } from '../jwt/jwk.js'
import type { KeySource } from '../jwt/key-source.js'
import type { TokenHeader } from '../jwt/parse.js'
import type { Clock } from '../lib/clock.js'
import type { MaybePromise } from '../lib/maybe.js'
import { createSecretSource } from '../telemetry/secret-source.js'
import {
  complaintAboutSigningKeys,
  readSigningKey,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
} from './signing-key.js'

/** What a gate signs with and verifies with. */
export interface SigningKeys {
  readonly signer: { readonly alg: SigningAlgorithm; readonly kid: string; readonly key: KeyObject }
  /** Public keys only. */
  readonly jwks: { readonly keys: readonly JWK[] }
  readonly set: KeySet
}

/**
 * Where the keys to sign with come from: such as a secrets manager. Asked at start, every five minutes, and when a token names a key that is not known, then once in five seconds for all requests.
 * @returns the keys as `tokens.signingKeys` takes them, the one that signs first: at least one
 */
export type FindSigningKeys = () => MaybePromise<readonly (Jwk | string)[]>

/** Makes the keys ready when they are first needed. @throws {TokenStoreError} while there are none */
export interface LoadSigningKeys {
  (): MaybePromise<SigningKeys>
  /** The same at once; `undefined`: they are not ready yet. */
  readonly current: () => SigningKeys | undefined
  /** Whether there are others since a moment ago, for a token that names one that is not among them. @throws {TokenStoreError} while nobody can tell */
  readonly again: () => MaybePromise<boolean>
}

/** Who is told when a function of the app does not answer, and what time it is. */
export interface OwnKeysContext {
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

const KEYS_UNAVAILABLE = new Refusal('store_unavailable', {
  detail: 'Access tokens cannot be made or verified at the moment. Try again.',
})

const WARNING =
  "Tokens are signed with a key that this process has made up: they end with it, and no other process knows them. Give createGate the option 'tokens.signingKeys'; `sallyport signing-key generate` makes one."

/**
 * The keys of a gate: the first signs, all verify and are published. Without any, one is made for the life of this process, with a warning.
 * They were looked at by `complaintAboutSigningKeys`.
 */
export function createSigningKeys(
  given: readonly (JWK | string)[] | FindSigningKeys,
  context: OwnKeysContext,
): LoadSigningKeys {
  if (typeof given === 'function') return fromElsewhere(given, context)
  let keys: SigningKeys | undefined
  let loading: Promise<SigningKeys> | undefined
  const start = async () => (keys = await load(given))
  return Object.assign(() => (loading ??= start()), { current: () => keys, again: () => false })
}

function fromElsewhere(ask: FindSigningKeys, { clock, onError }: OwnKeysContext): LoadSigningKeys {
  const source = createSecretSource<SigningKeys>({
    ...{ ask, part: 'signing_keys', clock, onError },
    failed: (cause) => new TokenStoreError("'tokens.signingKeys' did not say the keys.", { cause }),
    read(answer) {
      const isList = Array.isArray(answer) && answer.length > 0 && answer.length <= MAX_KEYS
      const complaint = isList
        ? complaintAboutSigningKeys(answer as readonly Jwk[])
        : `must be a list of 1 to ${String(MAX_KEYS)} keys`
      if (complaint !== undefined) throw new TypeError(`The answer ${complaint}.`)
      return load(answer as readonly Jwk[])
    },
  })
  return Object.assign(source.get, { current: source.current, again: source.again })
}

/** The same keys, for those who verify. What cannot be had is told by those who ask for it. */
export function createOwnKeySource(load: LoadSigningKeys): KeySource {
  const find = async (header: TokenHeader) => {
    const { set } = await load()
    if (set.knows(header)) return set
    if (!(await load.again())) return undefined
    const { set: others } = await load()
    return others.knows(header) ? others : undefined
  }
  return {
    current: () => load.current()?.set,
    find: (header) => find(header).catch(keysUnavailable),
  }
}

/** What an answer is where the keys cannot be had, which was told already. @throws anything else */
export function keysUnavailable(error: unknown): Refusal {
  if (error instanceof TokenStoreError) return KEYS_UNAVAILABLE
  throw error
}

async function load(given: readonly (JWK | string)[]): Promise<SigningKeys> {
  const inputs = given.length > 0 ? given : [await makeUp()]
  const keys = await Promise.all(inputs.map(named))
  const [first] = keys
  if (first?.privateKey === undefined) throw new TypeError('There is no key to sign with.')
  const jwks = { keys: keys.map(({ jwk }) => jwk) }
  return {
    signer: { alg: first.alg, kid: first.jwk.kid, key: first.privateKey },
    jwks,
    set: createKeySet(jwks, SIGNING_ALGORITHMS),
  }
}

async function named(input: JWK | string) {
  const key = readSigningKey(input)
  if (key === undefined) throw new TypeError('A key to sign with cannot be used.')
  const kid = key.jwk.kid ?? (await thumbprintOf(key.jwk))
  return { ...key, jwk: { ...key.jwk, kid, alg: key.alg, use: 'sig' } }
}

async function thumbprintOf(jwk: JWK): Promise<string> {
  const { calculateJwkThumbprint } = await loadJose()
  return calculateJwkThumbprint(jwk)
}

function makeUp(): Promise<JWK> {
  process.emitWarning(WARNING, { type: 'SallyportWarning', code: 'SALLYPORT_SIGNING_KEY' })
  return new Promise((resolve, reject) => {
    generateKeyPair('rsa', { modulusLength: 2_048 }, (error, _, privateKey) => {
      if (error === null) resolve(privateKey.export({ format: 'jwk' }))
      else reject(error)
    })
  })
}
