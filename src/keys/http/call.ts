import * as v from 'valibot'
import { Refusal } from '../../core/denial.js'
import { invalid } from '../../http/body.js'
import { describeIssue, told } from '../../lib/issue.js'
import type { AskedKey, HeldKeys } from '../held-keys.js'
import type { ApiKey } from '../record.js'
import type { IssuedKey } from '../create.js'

/** One request, once its caller is known and may manage keys, and its body is here. */
export interface Call {
  readonly keys: HeldKeys
  /** Creates a key, or answers with the one that the same request has created before. */
  readonly create: (asked: AskedKey) => Promise<IssuedKey | Refusal>
  /** A key with the plan and the limit that are in force: owners read there what they may do. */
  readonly inForce: <T extends ApiKey>(key: T) => T
  readonly id: string
  readonly url: string
  readonly body: object
}

/** What an action has to say when it succeeds. */
export interface Result {
  readonly status: number
  readonly value?: object
}

export type Outcome = Promise<Result | Refusal>

export interface Action {
  readonly readsBody: boolean
  /** Whether a request with this body stops a key, or shows which to stop: the limits of its owner do not hold it up. Absent: none does. */
  readonly contains?: (body: object) => boolean
  readonly run: (call: Call) => Outcome
}

export const NOT_FOUND = new Refusal('not_found')

/** The same action, of which some requests stop a key, or show which to stop. */
export function containing(action: Action, contains: (body: object) => boolean): Action {
  return { ...action, contains }
}

export function withoutBody(run: (call: Call) => Outcome): Action {
  return { readsBody: false, run }
}

/** What a client sent is checked for its shape here; `gate.keys` checks what is in it. */
export function withBody<T extends object>(
  schemaOf: () => { readonly entries: object } & v.GenericSchema<unknown, T>,
  run: (call: Call, body: T) => Outcome,
): Action {
  return {
    readsBody: true,
    run: async (call) => {
      const schema = schemaOf()
      const parsed = v.safeParse(schema, call.body, told)
      if (parsed.success) return run(call, parsed.output)
      return invalid(describeIssue(parsed.issues, Object.keys(schema.entries)))
    },
  }
}
