import * as v from 'valibot'

export const whole = v.pipe(v.number(), v.safeInteger())

/** An object of any names. What `__proto__` stands for would become its prototype. */
export const members = v.pipe(
  v.custom<Record<string, unknown>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ),
  v.transform((given) =>
    Object.fromEntries(Object.entries(given).filter(([name]) => name !== '__proto__')),
  ),
)

/** What PostgreSQL has answered. @throws {Error} for another form, without what stands there: it may be a secret */
export function understand<T>(schema: v.GenericSchema<unknown, T>, answer: unknown): T {
  const parsed = v.safeParse(schema, answer)
  if (parsed.success) return parsed.output
  throw new Error(
    `PostgreSQL answered in a form that is not understood: ${faultIn(parsed.issues)}.`,
  )
}

/** What PostgreSQL has answered, where it has that form. */
export function ifUnderstood<T>(
  schema: v.GenericSchema<unknown, T>,
  answer: unknown,
): T | undefined {
  const parsed = v.safeParse(schema, answer)
  return parsed.success ? parsed.output : undefined
}

/** Where the first fault is, and what must be there. */
export function faultIn([issue]: readonly v.BaseIssue<unknown>[]): string {
  const path = issue?.path?.map(({ key }) => String(key)).join('.') ?? ''
  return `'${path}' must be ${issue?.expected ?? 'something else'}`
}
