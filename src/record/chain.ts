import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto'
import { MisuseError } from '../terms/misuse.js'
import type { AuditRecord, ChainedRecord, CheckpointRecord } from './record.js'
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
  }
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
      const message = "verifyTrail: 'publicKeys' must be Ed25519 public keys in PEM (SPKI)"
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

/** The record of a line, if the line is what was written: its hash is right, and it is of this version. */
export function openAuditLine(line: string): ChainedRecord | undefined {
  const [tail, sealed] = SEAL.exec(line) ?? []
  if (tail === undefined || hashOf(`${line.slice(0, -tail.length)}}`) !== sealed) return undefined
  // Whoever can make a hash can also write what is no record.
  try {
    const record = JSON.parse(line) as ChainedRecord
    return isPlaced(record) ? record : undefined
  } catch {
    return undefined
  }
}

/** Whether the signature of a checkpoint's line is one by this key. */
export function isSignedBy(line: string, publicKey: KeyObject): boolean {
  const [tail] = SEAL.exec(line) ?? []
  if (tail === undefined) return false
  const signed = `${line.slice(0, -tail.length)}}`
  const [end, signature] = SIGNATURE.exec(signed) ?? []
  if (end === undefined || signature === undefined) return false
  const body = Buffer.from(`${signed.slice(0, -end.length)}}`)
  return verify(null, body, publicKey, Buffer.from(signature, 'base64url'))
}

function isPlaced(record: unknown): boolean {
  const said = (record ?? {}) as Record<string, unknown>
  const { v, writer, seq, prev, kind } = said
  return (
    v === 1 &&
    typeof writer === 'string' &&
    isCount(seq) &&
    typeof prev === 'string' &&
    (seq > 0 || prev === '') &&
    typeof kind === 'string' &&
    isToldWell(kind, said)
  )
}

/** Of what is counted and looked up for a whole trail, the parts must be there. */
function isToldWell(kind: string, said: Record<string, unknown>): boolean {
  if (kind === 'gap') return ['allowed', 'denied', 'keys'].every((lane) => isCount(said[lane]))
  if (kind !== 'start') return true
  const { heads, torn } = said
  return (
    isListOf(heads, ({ writer, seq, hash }) => isText(writer) && isCount(seq) && isText(hash)) &&
    isListOf(torn, ({ where, hash }) => isText(where) && isText(hash))
  )
}

function isListOf(value: unknown, isItem: (item: Record<string, unknown>) => boolean): boolean {
  return (
    Array.isArray(value) && value.every((item) => isItem((item ?? {}) as Record<string, unknown>))
  )
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
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
function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
