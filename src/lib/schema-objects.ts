import * as v from 'valibot'
import { isObject } from './is-object.js'
import { placeOf, UNKNOWN_NAME } from './issue.js'

type Message = v.ErrorMessage<v.CustomIssue>
type Members = Record<string, unknown>
type Part = ReturnType<v.GenericSchema['~run']>
type Output<T extends v.ObjectEntries> = v.InferOutput<v.ObjectSchema<T, undefined>>
type Issue = v.BaseIssue<unknown>

/** A schema of an object that has these members. */
export type ObjectSchema<T extends v.ObjectEntries> = v.GenericSchema<unknown, Output<T>> & {
  readonly entries: T
}

/** What becomes of a member that has no schema. */
type Rest = 'dropped' | 'kept' | 'refused'

/*
 * Not those of valibot: they take a list for an object, say of an absent member what is wrong with the whole, and know each name that every object has, such as
 * `constructor`.
 */

/** An object, without members of other names. */
export function plainObject<const T extends v.ObjectEntries>(entries: T, write?: Message) {
  return objectOf(entries, 'dropped', write)
}

/** An object with all its members. */
export function looseObject<const T extends v.ObjectEntries>(entries: T, write?: Message) {
  return objectOf(entries, 'kept', write)
}

/** An object that has members of these names alone. */
export function strictObject<const T extends v.ObjectEntries>(entries: T, write?: Message) {
  return objectOf(entries, 'refused', write)
}

function objectOf<T extends v.ObjectEntries>(
  entries: T,
  rest: Rest,
  write?: Message,
): ObjectSchema<T> {
  const members = Object.entries(entries)
  const names = new Set(Object.keys(entries))
  const schema = kind<Output<T>>(isObject, write, (given, config, reading) => {
    for (const [name, member] of members) {
      const isGiven = name in given
      if (!isGiven && member.type === 'exact_optional') continue
      const part = member['~run']({ value: given[name] }, config)
      reading.judge(name, part)
      if (isGiven || part.value !== undefined) reading.value[name] = part.value
    }
    if (rest === 'dropped') return
    for (const name in given) {
      if (names.has(name)) continue
      if (rest === 'refused') {
        reading.issues.push({ ...UNKNOWN, path: [placeOf(name)] })
        return
      }
      // It would become the prototype.
      if (name !== '__proto__') reading.value[name] = given[name]
    }
  })
  return Object.assign(schema, { entries })
}

/** An object of any names, each of which has a form, as has what it stands for. `__proto__` is left out. */
export function recordOf<T>(
  name: v.GenericSchema<unknown, string>,
  value: v.GenericSchema<unknown, T>,
  write?: Message,
): v.GenericSchema<unknown, Record<string, T>> {
  return kind(isPlain, write, (given, config, reading) => {
    for (const [key, member] of Object.entries(given)) {
      if (key === '__proto__') continue
      const part = value['~run']({ value: member }, config)
      const named = name['~run']({ value: key }, config)
      reading.judge(key, named.issues === undefined ? named : { ...named, typed: false })
      reading.judge(key, part)
      reading.value[key] = part.value
    }
  })
}

/** What is read of an object, one member after the other. */
class Reading {
  readonly value: Members = {}
  readonly issues: Issue[] = []
  isTyped = true

  judge(name: string, part: Part): void {
    if (!part.typed) this.isTyped = false
    for (const issue of part.issues ?? [])
      this.issues.push({ ...issue, path: [placeOf(name), ...(issue.path ?? [])] })
  }
}

function kind<T>(
  is: (value: unknown) => boolean,
  write: Message | undefined,
  read: (given: Members, config: v.Config<Issue>, reading: Reading) => void,
): v.GenericSchema<unknown, T> {
  const any = v.custom<Members>(is, write ?? noObject)
  return Object.assign(v.custom<T>(is), {
    '~run': (dataset, config) => {
      const given = any['~run'](dataset, config)
      if (!given.typed) return given
      const reading = new Reading()
      read(given.value, config, reading)
      const { value, isTyped: typed } = reading
      const [first, ...more] = reading.issues
      if (first === undefined) return { typed: true, value: value as T }
      const issues: [Issue, ...Issue[]] = [first, ...more]
      return typed ? { typed, value: value as T, issues } : { typed, value, issues }
    },
  } satisfies Pick<v.GenericSchema<unknown, T>, '~run'>)
}

function noObject({ input }: Issue): string {
  return input === undefined ? 'must be given' : 'must be an object'
}

const UNKNOWN = {
  kind: 'schema',
  type: UNKNOWN_NAME,
  input: undefined,
  expected: null,
  received: '',
  message: 'is not known',
} satisfies Issue

/** An object of no class but `Object`, of this realm or another. */
function isPlain(value: unknown): boolean {
  if (!isObject(value)) return false
  const { constructor } = value as { readonly constructor?: unknown }
  return (
    typeof constructor !== 'function' ||
    Object.hasOwn(Object(constructor.prototype) as object, 'isPrototypeOf')
  )
}
