import type { RequestListener } from 'node:http'
import type { Place } from './place.js'
import type { DemoPortal } from './portal/index.js'

/** A runnable API of this folder. */
export interface System {
  /** Secrets of its demo credentials, by name. */
  readonly credentials: Readonly<Record<string, string>>
  /** Its environments by the host that serves them; one that is not listed here serves the default. */
  readonly hosts: Readonly<Record<string, string>>
  /** Its developer console; `undefined` in production. */
  readonly portal: DemoPortal | undefined
  readonly express: () => RequestListener
  readonly koa: () => RequestListener
  /** What to try: what follows `curl -i`; `URL` and the credential named in `{}` are filled in. */
  readonly tries: readonly string[]
  readonly close: () => Promise<void>
}

export type OpenSystem = (place: Place) => Promise<System>

/** The proxy in front of each example, which speaks HTTPS to the world, runs on the same machine. */
export const TRUSTED_PROXY = ['127.0.0.0/8', '::1']

/** The secrets of keys that were made, by name. */
export function secretsOf<Name extends string>(
  issued: Readonly<Record<Name, { readonly secret: string }>>,
): Record<Name, string> {
  const pairs = Object.entries<{ readonly secret: string }>(issued)
  return Object.fromEntries(pairs.map(([name, { secret }]) => [name, secret])) as Record<
    Name,
    string
  >
}
