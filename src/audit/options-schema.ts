import { createPrivateKey } from 'node:crypto'
import * as z from 'zod/mini'
import type { AuditSink } from './sink.js'
import type { AuditWhen } from './accesses.js'
import { lazily } from '../lib/lazily.js'

const SINK =
  "must be an AuditSink, such as createAuditFiles('/var/log/api/audit') of 'sallyport/file', or an object that has 'write'"
const isSink = (value: unknown) =>
  typeof (value as { write?: unknown } | null | undefined)?.write === 'function'
const isWhen = (value: unknown) =>
  typeof value === 'function' ||
  (Array.isArray(value) && value.every((name) => typeof name === 'string'))

const fields = lazily(() =>
  z.strictObject({
    sink: z.pipe(
      z.custom<AuditSink | readonly AuditSink[]>((value) => {
        const sinks: readonly unknown[] = [value].flat()
        return sinks.length > 0 && sinks.every(isSink)
      }, SINK),
      z.transform((sink): readonly AuditSink[] => [sink].flat()),
    ),
    mode: z._default(
      z.enum(['best-effort', 'required'], { error: "must be 'best-effort' or 'required'" }),
      'best-effort',
    ),
    when: z.optional(
      z.custom<AuditWhen>(isWhen, "must be a list of environments such as ['live'], or a function"),
    ),
    key: z.optional(
      z.string().check(z.refine(isEd25519, 'must be an Ed25519 private key in PEM (PKCS #8)')),
    ),
    unusual: z._default(z.boolean(), false),
    instance: z._default(
      z.string().check(z.regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, _ and -')),
      () => (process.env['HOSTNAME'] ?? 'local').replace(/[^\w-]/g, '-').slice(0, 64),
    ),
  }),
)

export const AUDIT_NAMES = lazily(() => Object.keys(fields().shape))

export const audit = lazily(() =>
  z.pipe(
    fields(),
    z.transform(({ sink: sinks, ...rest }) => ({ ...rest, sinks })),
  ),
)

function isEd25519(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}
