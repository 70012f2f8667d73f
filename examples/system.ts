import type { RequestListener } from 'node:http'
import type { AuditSink } from 'sallyport'

/** A runnable API of this folder. */
export interface System {
  /** Secrets of its demo credentials, by name. */
  readonly credentials: Readonly<Record<string, string>>
  readonly express: () => RequestListener
  readonly koa: () => RequestListener
  /** What to try: what follows `curl -i` and the header field of the proxy; `URL` and the credential named in `{}` are filled in. */
  readonly tries: readonly string[]
  readonly close: () => Promise<void>
}

/** The proxy in front of each example, which speaks HTTPS to the world, runs on the same machine. */
export const TRUSTED_PROXY = ['127.0.0.0/8', '::1']

/** Where no audit trail is asked for, its records go nowhere: they are made all the same. */
export const NOWHERE: AuditSink = { write: () => undefined }
