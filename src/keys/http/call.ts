import type { z } from 'zod/mini'
import type { Grant } from '../../core/decision.js'
import { Refusal } from '../../core/denial.js'
import { invalid } from '../../http/body.js'
import { describeIssue, told } from '../../lib/issue.js'
import type { AuthorizedKeys } from '../authorized-changes.js'
import type { IssuedKey } from '../create.js'
import type { CreateKeyInput } from '../input.js'
import type { Judge } from '../key-context.js'
import type { Keys } from '../keys.js'
import type { KeyRecord } from '../record.js'
import type { Authority } from './authority.js'
import type { CallerSettings } from './settings.js'

/** One request, once its caller is known and may manage keys, and its body is here. */
export interface Call {
  readonly keys: Keys
  readonly authorized: AuthorizedKeys
  /** Creates a key that `judge` says nothing against, or answers with the one that the same request has created before. */
  readonly create: (input: CreateKeyInput, judge: Judge) => Promise<IssuedKey | Refusal>
  readonly grant: Grant
  readonly authority: Authority
  readonly settings: CallerSettings
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
  readonly run: (call: Call) => Outcome
}

export const NOT_FOUND = new Refusal('not_found')

/** Brings a refusal out of a change that is being made. */
export class RefusedChange extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.reason)
    this.refusal = refusal
  }
}

/** @throws {RefusedChange} where there is something against a change. */
export function stopFor(refused: Refusal | undefined): void {
  if (refused !== undefined) throw new RefusedChange(refused)
}

/** Lets a change be made of a key that the caller may know of, and that `refuse` says nothing against. */
export function judge(
  { authority }: Call,
  refuse: (key: KeyRecord) => Refusal | undefined = () => undefined,
): Judge {
  return (key) => {
    stopFor(authority.sees(key) ? refuse(key) : NOT_FOUND)
  }
}

export function withoutBody(run: (call: Call) => Outcome): Action {
  return { readsBody: false, run }
}

/** What a client sent is checked for its shape here; `gate.keys` checks what is in it. */
export function withBody<T extends object>(
  schema: z.ZodMiniObject & z.ZodMiniType<T>,
  run: (call: Call, body: T) => Outcome,
): Action {
  return {
    readsBody: true,
    run: async (call) => {
      const parsed = schema.safeParse(call.body, told)
      if (parsed.success) return run(call, parsed.data)
      return invalid(describeIssue(parsed.error, Object.keys(schema.shape)))
    },
  }
}
