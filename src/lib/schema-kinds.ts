import * as z from 'zod/mini'
import { hasMethods } from './has-methods.js'
import { told } from './issue.js'

export function functionOf<T>(write: string) {
  return z.custom<T>((value) => typeof value === 'function', write)
}

export function objectWith<T>(methods: readonly string[], write: string) {
  return z.custom<T>((value) => hasMethods(value, ...methods), {
    error: ({ input }) =>
      hasMethods(input, 'then') ? `${write}; it is a promise: await it` : write,
  })
}

/** Reads with what `schemaOf` returns. For the large schemas of options that most gates go without: below `z.optional` or `z._default`, they are made for who gives them. */
export function later<T>(schemaOf: () => z.ZodMiniType<T>) {
  return z.pipe(
    z.unknown(),
    z.transform((given, context) => readWithin(context, schemaOf(), given)),
  )
}

/** A function as it is, and all else as a schema reads it. Not a union: what is wrong within a list would not be told. */
export function functionOr<F, T>(schemaOf: () => z.ZodMiniType<T>) {
  return z.pipe(
    z.unknown(),
    z.transform((given, context): F | T =>
      typeof given === 'function' ? (given as F) : readWithin(context, schemaOf(), given),
    ),
  )
}

/** What a schema makes of a part of a value that another one reads; what is wrong with it is told there. */
export function readWithin<T>(
  context: z.core.ParsePayload,
  schema: z.ZodMiniType<T>,
  given: unknown,
): T {
  const parsed = schema.safeParse(given, told)
  if (parsed.success) return parsed.data
  context.issues.push(...parsed.error.issues.map((each) => ({ ...each, input: undefined })))
  return z.NEVER
}
