import { createPrivateKey } from 'node:crypto'
import * as v from 'valibot'
import type { AuditSink } from './sink.js'
import type { AuditWhen } from './accesses.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

const SINK =
  "must be an AuditSink, such as createAuditFiles('/var/log/api/audit') of 'sallyport/file', or an object that has 'write'"
const isSink = (value: unknown) =>
  typeof (value as { write?: unknown } | null | undefined)?.write === 'function'
const isWhen = (value: unknown) =>
  typeof value === 'function' ||
  (Array.isArray(value) && value.every((name) => typeof name === 'string'))

const fields = lazily(() =>
  strictObject({
    sink: v.pipe(
      v.custom<AuditSink | readonly AuditSink[]>((value) => {
        const sinks: readonly unknown[] = [value].flat()
        return sinks.length > 0 && sinks.every(isSink)
      }, SINK),
      v.transform((sink): readonly AuditSink[] => [sink].flat()),
    ),
    mode: v.optional(
      v.picklist(['best-effort', 'required'], "must be 'best-effort' or 'required'"),
      'best-effort',
    ),
    when: v.optional(
      v.custom<AuditWhen>(isWhen, "must be a list of environments such as ['live'], or a function"),
    ),
    key: v.optional(
      v.pipe(v.string(), v.check(isEd25519, 'must be an Ed25519 private key in PEM (PKCS #8)')),
    ),
    unusual: v.optional(v.boolean(), false),
    instance: v.optional(
      v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, _ and -')),
      () => (process.env['HOSTNAME'] ?? 'local').replace(/[^\w-]/g, '-').slice(0, 64),
    ),
  }),
)

export const AUDIT_NAMES = lazily(() => Object.keys(fields().entries))

export const audit = lazily(() =>
  v.pipe(
    fields(),
    v.transform(({ sink: sinks, ...rest }) => ({ ...rest, sinks })),
  ),
)

function isEd25519(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}
