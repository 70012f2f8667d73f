import type { ActingAudit, Audit } from '../audit/audit.js'
import type { GateEvents } from '../events/types.js'
import { readImportOptions } from '../keys/import-options-schema.js'
import type { Keys } from '../keys/keys.js'
import { late } from '../lib/late.js'
import { isPromise, then, type MaybePromise } from '../lib/maybe.js'
import type { Tokens } from '../oauth/tokens.js'
import type { ActingGate } from './act-as.js'
import type { Gate } from './gate.js'

type Find<T> = () => MaybePromise<T>

/** Every method, by the compiler's word. */
type Names<T, Others extends keyof T = never> = Readonly<Record<Exclude<keyof T, Others>, true>>

const KEYS: Names<Keys, 'importLines'> = {
  ...{ create: true, get: true, findBySecret: true, list: true, update: true, rotate: true },
  ...{ revoke: true, revokeAll: true, import: true, due: true, usage: true, usageOfOwner: true },
}
const TOKENS: Names<Tokens, 'forget'> = { exchange: true, grant: true, revoke: true }
const AUDIT: Names<Audit> = { flush: true, query: true }
const EVENTS: Names<GateEvents> = {
  ...{ run: true, remind: true, reminders: true, chooseReminders: true, failed: true, retry: true },
}

/** Keys of a gate that may not be open yet. */
export function lateKeys<S extends string>(find: Find<Keys<S>>): Keys<S> {
  return Object.freeze<Keys<S>>({
    ...late<Keys<S>, keyof typeof KEYS>(KEYS, find),
    importLines(pieces, options) {
      const found = find()
      if (!isPromise(found)) return found.importLines(pieces, options)
      return linesOf(found, pieces, readImportOptions(options))
    },
  })
}

async function* linesOf<S extends string>(
  found: Promise<Keys<S>>,
  ...args: Parameters<Keys['importLines']>
): ReturnType<Keys['importLines']> {
  yield* (await found).importLines(...args)
}

/** The same for its tokens. @param forget what needs not wait: nothing is remembered before */
export function lateTokens<S extends string>(
  find: Find<Tokens<S>>,
  forget: Tokens['forget'],
): Tokens<S> {
  return Object.freeze<Tokens<S>>({
    ...late<Tokens<S>, keyof typeof TOKENS>(TOKENS, find),
    forget,
  })
}

export function lateAudit(find: Find<Audit>): Audit {
  return Object.freeze(late<Audit, keyof Audit>(AUDIT, find))
}

export function lateEvents(find: Find<GateEvents>): GateEvents {
  return Object.freeze(late<GateEvents, keyof typeof EVENTS>(EVENTS, find))
}

export function lateLimits(find: Find<Gate['limits']>): Gate['limits'] {
  return Object.freeze<Gate['limits']>({
    peek: async (caller) => (await find()).peek(caller),
  })
}

/** What somebody does with a gate that may not be open yet. */
export function lateActing<S extends string>(
  find: Find<Omit<ActingGate<S>, 'tokens'>>,
  tokens: Tokens<S>,
): ActingGate<S> {
  const audit = late<ActingAudit, keyof ActingAudit>({ ...AUDIT, note: true }, () =>
    then(find(), (acting) => acting.audit),
  )
  return Object.freeze<ActingGate<S>>({
    keys: lateKeys(() => then(find(), ({ keys }) => keys)),
    tokens,
    audit: Object.freeze(audit),
  })
}
