import * as v from 'valibot'
import { hasMethods } from './has-methods.js'
import { placeOf } from './issue.js'

export function functionOf<T>(write: string) {
  return v.custom<T>((value) => typeof value === 'function', write)
}

export function objectWith<T>(methods: readonly string[], write: string) {
  return v.custom<T>(
    (value) => hasMethods(value, ...methods),
    ({ input }) => (hasMethods(input, 'then') ? `${write}; it is a promise: await it` : write),
  )
}

/** A whole number that JavaScript can tell from the next one. */
export function wholeNumber(least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER) {
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most))
}

/** A number that JSON can say. */
export function finiteNumber() {
  return v.custom<number>(Number.isFinite)
}

/** A list of so many entries at most. Of a longer one, no entry is looked at. */
export function shortList<const T extends v.GenericSchema>(entry: T, most: number, write?: string) {
  return v.pipe(v.array(v.unknown(), write), v.maxLength(most), v.array(entry))
}

/** A function as it is, and all else as a schema reads it. Not a union: what is wrong within a list would not be told. */
export function functionOr<F, T>(schemaOf: () => v.GenericSchema<unknown, T>) {
  const asItIs = v.custom<F>(() => true)
  return v.lazy((given): v.GenericSchema<unknown, F | T> =>
    typeof given === 'function' ? asItIs : schemaOf(),
  )
}

/** What a schema reads; where nothing is given, what `make` makes, which no schema reads. */
export function orElse<T>(schema: v.GenericSchema<unknown, T>, make: () => T) {
  const made = v.pipe(v.unknown(), v.transform(make))
  return v.lazy((given): v.GenericSchema<unknown, T> => (given === undefined ? made : schema))
}

/** A check that knows what is wrong: with a member, or with the whole. */
export function complaining<T>(
  complaintAbout: (value: T) => readonly [member: string | undefined, message: string] | undefined,
) {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    const complaint = dataset.typed ? complaintAbout(dataset.value) : undefined
    if (complaint === undefined) return
    const [member, message] = complaint
    addIssue({ message, ...(member !== undefined && { path: [placeOf(member)] }) })
  })
}
