import { brand } from '../lib/brand.js'
import type { DenialCause } from './cause.js'
import type { Denial } from './decision.js'
import type { AccessErrorCode, CodeOf, KeyErrorCode, MisuseCode } from './error-codes.js'
import { withoutSecrets } from './secrets.js'
import { messageOf } from '../lib/message-of.js'

/*
 * Every class of error that an app or a store of its own may meet, in one file: the package has it once, as dist/errors.cjs, for those who import and
 * for those who require.
 */

/**
 * The base of every error of this package. `instanceof` holds for errors of another copy of it as well.
 * @example
 * ```ts
 * try {
 *   await gate.keys.rotate(id)
 * } catch (error) {
 *   if (error instanceof SallyportError) console.error(error.code)
 *   else throw error
 * }
 * ```
 */
export abstract class SallyportError extends Error {
  static {
    brand(this, 'SallyportError')
  }
  /** Which error it is, of the list of its class. */
  abstract readonly code: string
}

/** The app's own mistake, told as early as it can be known. The message says what to write instead. */
export class MisuseError extends SallyportError {
  static {
    brand(this, 'MisuseError')
  }
  override readonly name = 'MisuseError'
  readonly code: MisuseCode

  constructor(code: MisuseCode, message: string) {
    // It may quote what was given, and a secret may have been given in the wrong place.
    super(withoutSecrets(message))
    this.code = code
  }
}

/**
 * A denial on its way to the framework's error handling, with `onDenied: 'next'`. Its `status`, `headers` and `expose` are
 * what Express, Koa and http-errors look for.
 */
export class DeniedError extends SallyportError {
  static {
    brand(this, 'DeniedError')
  }
  override readonly name = 'DeniedError'
  /** The code that the caller is told. */
  readonly code: string
  /** The whole answer that would have been given. */
  readonly denial: Denial
  readonly status: number
  readonly statusCode: number
  readonly headers: Denial['headers']
  readonly expose = true

  constructor(denial: Denial) {
    // Koa shows the message to the client: the true reason is in `denial` only.
    super(`Denied: ${denial.code}`)
    // A refusal is no fault of the server, and where it was made is nobody's business.
    this.stack = `${this.name}: ${this.message}`
    this.denial = denial
    this.code = denial.code
    this.status = denial.status
    this.statusCode = denial.status
    this.headers = denial.headers
  }
}

/** Why a request was rejected, and what you can do: told to `onError` while `NODE_ENV` is not `production`. Nothing has failed. */
export class DiagnosisError extends SallyportError {
  static {
    brand(this, 'DiagnosisError')
  }
  override readonly name = 'DiagnosisError'
  readonly code: CodeOf<'DiagnosisError'> = 'request_rejected'
  declare readonly cause: DenialCause
}

/** The key store failed or did not answer within 250 ms. `cause` has what it threw. */
export class StoreError extends SallyportError {
  static {
    brand(this, 'StoreError')
  }
  override readonly name: string = 'StoreError'
  readonly code: CodeOf<'StoreError' | 'TablesError' | 'ImportStoppedError'> = 'store_unavailable'
}

/** The tables are not what this version works with: none of its keys can be judged. */
export class TablesError extends StoreError {
  static {
    brand(this, 'TablesError')
  }
  override readonly name: string = 'TablesError'
  override readonly code = 'tables_version'
}

/** The store failed while lines were being imported. */
export class ImportStoppedError extends StoreError {
  static {
    brand(this, 'ImportStoppedError')
  }
  override readonly name = 'ImportStoppedError'
  override readonly code = 'import_stopped'
  /** To go on with, as `fromLine`: all lines before it are done. */
  readonly line: number

  constructor(line: number, cause: StoreError) {
    super(`The import stopped before line ${String(line)}: ${cause.message}`, { cause })
    this.line = line
  }
}

/** The id or the digest of a record to insert is taken. */
export class DuplicateKeyError extends SallyportError {
  static {
    brand(this, 'DuplicateKeyError')
  }
  override readonly name = 'DuplicateKeyError'
  readonly code: CodeOf<'DuplicateKeyError'> = 'duplicate_key'

  constructor(message = 'A key with this id or digest exists already.', options?: ErrorOptions) {
    super(message, options)
  }
}

/** A key could not be changed; `code` says why. */
export class KeyError extends SallyportError {
  static {
    brand(this, 'KeyError')
  }
  override readonly name = 'KeyError'
  readonly code: KeyErrorCode

  constructor(code: KeyErrorCode, message: string) {
    super(withoutSecrets(message))
    this.code = code
  }
}

/** A request for access, a decision about one or an acceptance of terms could not be made; `code` says why. */
export class AccessError extends SallyportError {
  static {
    brand(this, 'AccessError')
  }
  override readonly name = 'AccessError'
  readonly code: AccessErrorCode

  constructor(code: AccessErrorCode, message: string) {
    super(withoutSecrets(message))
    this.code = code
  }
}

/** The limit store failed, or did not answer within 50 ms, or it answers again. `cause` has what it threw. */
export class LimitStoreError extends SallyportError {
  static {
    brand(this, 'LimitStoreError')
  }
  override readonly name = 'LimitStoreError'
  readonly code: CodeOf<'LimitStoreError'> = 'limit_store_unavailable'
  /** Whether the outage has begun or is over. */
  readonly outage: 'begun' | 'over'

  constructor(message: string, outage: 'begun' | 'over', options?: ErrorOptions) {
    super(message, options)
    this.outage = outage
  }
}

/**
 * Why a sink did not keep records, and what the trail does next.
 * - `outage`: nothing is wrong with the records. They are written again every 250 ms.
 * - `moved`: what was written to is no longer in its place. They are written again at once, for the sink to put elsewhere.
 * - `place_taken`: another record has the `writer` and `seq` of one of them. A new chain is begun, whose start names the conflict.
 * - `unfit`: one of them cannot be kept, however often it is tried. They are written one by one; that one is dropped and counted.
 */
export type AuditFault = 'outage' | 'moved' | 'place_taken' | 'unfit'

/** A sink failed, or did not acknowledge a record in time. */
export class AuditError extends SallyportError {
  static {
    brand(this, 'AuditError')
  }
  override readonly name = 'AuditError'
  readonly code: CodeOf<'AuditError'> = 'audit_unavailable'
  /**
   * Absent: the sink does not say. The records are written again; after 1 s, a new chain is tried, and the records one by one if the sink
   * takes the start of it.
   */
  readonly fault?: AuditFault

  constructor(message: string, options: ErrorOptions & { readonly fault?: AuditFault } = {}) {
    super(message, options)
    if (options.fault !== undefined) this.fault = options.fault
  }
}

/** The store of revocations or of used assertions failed, or did not answer within 50 ms. `cause` has what it threw. */
export class TokenStoreError extends SallyportError {
  static {
    brand(this, 'TokenStoreError')
  }
  override readonly name = 'TokenStoreError'
  readonly code: CodeOf<'TokenStoreError'> = 'token_store_unavailable'
}

/** One owner has as many ids in a store of tokens as it may have. The store goes on for all others: this is no outage. */
export class IdShareError extends SallyportError {
  static {
    brand(this, 'IdShareError')
  }
  override readonly name = 'IdShareError'
  readonly code: CodeOf<'IdShareError'> = 'share_exceeded'
}

/** Something of an issuer could not be had, or is nothing that may be trusted: its keys, of which the last good ones count for an hour, or what it says of a token. */
export class IssuerError extends SallyportError {
  static {
    brand(this, 'IssuerError')
  }
  override readonly name = 'IssuerError'
  /** `key_unusable`: one key of a set was left out; the others count. */
  readonly code: CodeOf<'IssuerError'>
  /** As the option has it. */
  readonly issuer: string

  constructor(what: string, issuer: string, cause: unknown, code?: 'key_unusable') {
    const how = code ? 'used' : 'had'
    super(`${what} of issuer '${issuer}' cannot be ${how}: ${messageOf(cause)}.`, { cause })
    this.issuer = issuer
    this.code = code ?? 'issuer_unavailable'
  }
}
