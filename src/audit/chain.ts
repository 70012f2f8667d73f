import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto'
import { MisuseError } from '../core/errors.js'
import type { AuditRecord, ChainedRecord, CheckpointRecord } from './record.js'
import { isRecord } from './schema.js'
import type { AuditEntry } from './sink.js'

/** Distributes over the union: what a chain adds itself is left out. */
type Unsigned<T> = T extends CheckpointRecord ? Omit<T, 'signedBy' | 'signature'> : T
export type UnchainedRecord = Unsigned<AuditRecord>

const SEAL = /,"hash":"([\w-]{43})"\}$/
const SIGNATURE = /,"signature":"([\w-]{86})"\}$/

/** The chain of one writer: numbers records and hashes each with the one before. */
export interface Chain {
  readonly writer: string
  add(record: UnchainedRecord): AuditEntry
  /** Goes back to before an entry: neither it nor what was added after it has been kept. */
  takeBack(entry: AuditEntry): void
}

/** @param key what checkpoints are signed with; without one, none can be added */
export function createChain(writer: string, key?: KeyObject): Chain {
  const signedBy = key && keyIdOf(createPublicKey(key))
  let seq = 0
  let prev = ''

  return {
    writer,
    add(given) {
      const isSigned = given.kind === 'checkpoint' && key !== undefined
      const place = { v: 1, writer, seq, prev } as const
      const placed = asciiJson(place).slice(0, -1)
      const said = asciiJson(isSigned ? { ...given, signedBy } : given).slice(1)
      const body = `${placed},${said}`
      const signature = isSigned ? signatureOf(body, key) : undefined
      const line = seal(signature ? `${body.slice(0, -1)},"signature":"${signature}"}` : body)
      // It was made for this, and is nobody else's: a copy of so many members is dear.
      const record = Object.assign(given, place, signature && { signedBy, signature }, {
        hash: line.hash,
      })
      seq += 1
      prev = line.hash
      return { record: record as ChainedRecord, line: line.text }
    },
    takeBack({ record }) {
      seq = record.seq
      prev = record.prev
    },
  }
}

/** What a record says, to be said in another place. */
export function unchained({ record }: AuditEntry): UnchainedRecord {
  const { v: _v, writer: _writer, seq: _seq, prev: _prev, hash: _hash, ...said } = record
  if (said.kind !== 'checkpoint') return said
  const { signedBy: _signedBy, signature: _signature, ...unsigned } = said
  return unsigned
}

/** SHA-256 of a public key, to tell keys apart. */
export function keyIdOf(publicKey: KeyObject): string {
  return hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'base64url')
}

/** Keys by their ids. @throws {MisuseError} */
export function publicKeysOf(pems: readonly string[]): ReadonlyMap<string, KeyObject> {
  return new Map(
    pems.map((pem) => {
      const key = publicKeyIn(pem)
      if (key?.asymmetricKeyType === 'ed25519') return [keyIdOf(key), key]
      const message = "'publicKeys' must be Ed25519 public keys in PEM (SPKI)"
      throw new MisuseError('invalid_option', message)
    }),
  )
}

function publicKeyIn(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem)
  } catch {
    return undefined
  }
}

/** Whether the hash of a line is right. */
function isSealed(line: string): boolean {
  const [tail, sealed] = SEAL.exec(line) ?? []
  return tail !== undefined && hashOf(`${line.slice(0, -tail.length)}}`) === sealed
}

/** The record of a line, if the line is what was written: its hash is right, and each member has the type that this version gives it. */
export function parseAuditLine(line: string): ChainedRecord | undefined {
  if (!isSealed(line)) return undefined
  // Whoever can make a hash can also write what is no record.
  try {
    const record: unknown = JSON.parse(line)
    return isRecord(record) ? record : undefined
  } catch {
    return undefined
  }
}

/** Whether a line that this version cannot read is one that a newer version has written: its hash is right, and it says so. */
export function isNewerLine(line: string): boolean {
  if (!isSealed(line)) return false
  const [, version] = /^\{"v":([1-9]\d{0,8}),/.exec(line) ?? []
  return Number(version) > 1
}

/** Whether the signature of a checkpoint's line is one by this key. */
export function isSignedBy(line: string, publicKey: KeyObject): boolean {
  const [tail] = SEAL.exec(line) ?? []
  if (tail === undefined) return false
  const signed = `${line.slice(0, -tail.length)}}`
  const [end, signature] = SIGNATURE.exec(signed) ?? []
  if (end === undefined || signature === undefined) return false
  const body = Buffer.from(`${signed.slice(0, -end.length)}}`)
  const bytes = Buffer.from(signature, 'base64url')
  // Other texts stand for the same bytes: a line with one of them is another line, which nobody has signed.
  return bytes.toString('base64url') === signature && verify(null, body, publicKey, bytes)
}

function seal(body: string): { readonly text: string; readonly hash: string } {
  const sealed = hashOf(body)
  return { text: `${body.slice(0, -1)},"hash":"${sealed}"}`, hash: sealed }
}

function hashOf(text: string): string {
  return hash('sha256', text, 'base64url')
}

function signatureOf(body: string, key: KeyObject): string {
  return sign(null, Buffer.from(body), key).toString('base64url')
}

/** One line of ASCII, whatever is in it: what is not printable is escaped. */
export function asciiJson(value: object | string): string {
  const text = JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return UNSTORABLE.test(text) ? text.replace(ESCAPES, storable) : text
}

/** A NUL, or half of a surrogate pair: a database has no place for them in its text, and refuses the whole record. */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/
/** A pair is one escape here, and so is a backslash, which an odd one may follow. */
const ESCAPES = /\\\\|\\ud[89ab]..\\ud[c-f]..|\\u(?:0000|d[89a-f]..)/g

function storable(escape: string): string {
  return escape.length === 6 ? '\\ufffd' : escape
}
