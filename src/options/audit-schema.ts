import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'
import type { AuditSink } from '../record/sink.js'
import type { AuditWhen } from '../record/trail.js'

const SINK = "must be an AuditSink: files of 'sallyport/file', or an object that has 'write'"
const isSink = (value: unknown) =>
  typeof (value as { write?: unknown } | null | undefined)?.write === 'function'
const isWhen = (value: unknown) =>
  typeof value === 'function' ||
  (Array.isArray(value) && value.every((name) => typeof name === 'string'))

const fields = z.strictObject({
  sink: z
    .custom<AuditSink | readonly AuditSink[]>((value) => {
      const sinks: readonly unknown[] = [value].flat()
      return sinks.length > 0 && sinks.every(isSink)
    }, SINK)
    .transform((sink): readonly AuditSink[] => [sink].flat()),
  mode: z
    .enum(['best-effort', 'required'], { error: "must be 'best-effort' or 'required'" })
    .default('best-effort'),
  when: z
    .custom<AuditWhen>(isWhen, "must be a list of environments such as ['live'], or a function")
    .optional(),
  key: z.string().refine(isEd25519, 'must be an Ed25519 private key in PEM (PKCS #8)').optional(),
  instance: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, _ and -')
    .default(() => (process.env['HOSTNAME'] ?? 'local').replace(/[^\w-]/g, '-').slice(0, 64)),
})

export const AUDIT_NAMES = Object.keys(fields.shape)

export const audit = fields.transform(({ sink: sinks, ...rest }) => ({ ...rest, sinks }))

function isEd25519(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}
