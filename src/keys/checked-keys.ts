import { isObject } from '../lib/is-object.js'
import { refuseArgument, type CheckedCall } from './calls.js'
import type { Keys } from './keys.js'

/** What the first argument must be. */
const FIRST = {
  id: [isText, 'must be given the id of a key'],
  owner: [isText, 'must be given the id of an owner'],
  /** Whoever reports a leak may send anything: that is no secret. */
  secret: [() => true, ''],
  input: [isObject, 'must be given an object'],
  options: [isOptional, 'must be given an object, or nothing'],
  pieces: [isPieces, 'must be given the text of a file, in pieces'],
} as const

const ARGUMENTS: Readonly<Record<keyof Keys, keyof typeof FIRST>> = {
  ...{ create: 'input', import: 'input', revokeAll: 'input', list: 'options', due: 'options' },
  ...{ get: 'id', update: 'id', rotate: 'id', revoke: 'id', usage: 'id' },
  ...{ findBySecret: 'secret', usageOfOwner: 'owner', importLines: 'pieces' },
}

type Call = (...args: readonly unknown[]) => unknown

/** The same for code that no compiler has checked: an argument that is missing, or of another kind, is told of by name. */
export function checkedKeys<S extends string>(keys: Keys<S>): Keys<S> {
  const calls = Object.entries(ARGUMENTS).map(([name, kind]) => {
    const call = Reflect.get(keys, name) as Call
    const where = `gate.keys.${name as keyof Keys}` as const
    const check = (args: readonly unknown[]) => {
      checkArguments(args, kind, where)
    }
    if (kind === 'pieces') return [name, (...args: unknown[]) => (check(args), call(...args))]
    // eslint-disable-next-line @typescript-eslint/require-await
    return [name, async (...args: unknown[]) => (check(args), call(...args))]
  })
  return Object.freeze(Object.fromEntries(calls) as unknown as Keys<S>)
}

/** The second argument is an object in each call: of `update` it must be given. */
function checkArguments(
  [first, second]: readonly unknown[],
  kind: keyof typeof FIRST,
  where: CheckedCall,
): void {
  const [is, what] = FIRST[kind]
  if (!is(first)) refuseArgument(where, what)
  const isRight = where === 'gate.keys.update' ? isObject : isOptional
  if (!isRight(second)) refuseArgument(where, 'the second argument must be an object')
}

function isText(given: unknown): boolean {
  return typeof given === 'string'
}

function isOptional(given: unknown): boolean {
  return given === undefined || isObject(given)
}

function isPieces(given: unknown): boolean {
  return (
    typeof given === 'string' ||
    typeof (Object(given) as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function' ||
    typeof (Object(given) as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'
  )
}
