import type { Auth } from '../core/auth.js'
import type { AuditNote, Decision } from '../core/decision.js'
import type { Endings } from '../core/request-end.js'
import type { PhiHandling } from '../core/phi.js'
import { createCleaner } from '../core/redaction.js'
import type { RequestContext } from '../core/request-context.js'
import { isFinished, statusOf, type GateRequest } from '../core/request.js'
import type { AuditMode, Requirement } from '../core/requirement.js'
import { randomBase62 } from '../lib/base62.js'
import { atOnce, recover } from '../lib/maybe.js'
import { Access } from './access.js'
import type { AccessContext } from './access-context.js'
import { actorOf } from './actor.js'
import type { createDenialAggregator } from './denial-aggregator.js'
import type { Sinks, SinksContext } from './sinks.js'
import type { WatchedAccess } from './unusual.js'
import type { Watcher } from './watcher.js'

/** An access of which it is asked whether it is recorded. */
export interface AuditedAccess {
  /** Absent where it is not known who asks. */
  readonly auth?: Auth | undefined
  readonly request?: GateRequest | undefined
}

/** Which accesses are recorded: those of some environments, and those of nobody in particular; or what a function says. */
export type AuditWhen = readonly string[] | ((access: AuditedAccess) => boolean)

export interface TrailContext extends SinksContext {
  readonly mode: AuditMode
  readonly when?: AuditWhen | undefined
  readonly prefix: string
  /** What an environment does with health information. */
  readonly phiIn: (environment: string) => PhiHandling
  readonly proxies: AccessContext['proxies']
  readonly endings: Endings
  /** Told of each access that is over. Absent: nobody watches. */
  readonly watcher?: Pick<Watcher, 'note'> | undefined
}

/** The requests that a trail follows, from the first guard to their end. */
export interface Accesses {
  readonly clean: AccessContext['clean']
  /** What the next record of this gate is called. */
  readonly newId: () => string
  readonly begin: (
    request: GateRequest | undefined,
    earlier?: AuditNote,
    address?: string,
  ) => Access
  /** The access of a note of this trail; of any other, nothing. */
  noted(note: AuditNote | undefined): Access | undefined
  /** Takes note of a decision. Whether it may only be acted on once it is on durable storage. */
  mustWait(access: Access, asking: RequestContext, decision: Decision): boolean
}

export function createAccesses(
  context: TrailContext,
  sinks: Sinks,
  aggregator: ReturnType<typeof createDenialAggregator>,
): Accesses {
  const { mode, clock, endings } = context
  const { put } = sinks
  const accessContext = createAccessContext(context, sinks)
  let count = 0

  function end(access: Access): void {
    access.facts.release()
    if (!access.ended && access.recorded) context.watcher?.note(watched(access, accessContext))
    access.ended = true
    if (!access.recorded) return
    if (access.outcome !== 'allowed' && !access.committed && aggregator.take(access)) return
    put(access)
  }

  function begin(
    request: GateRequest | undefined,
    earlier: AuditNote | undefined,
    address: string | undefined,
  ): Access {
    if (isOwn(earlier)) return earlier
    const access = new Access(++count, clock(), accessContext, request, address)
    const response = request?.response
    if (response === undefined) return access
    // The client may have gone before a guard was asked: what its request does is recorded all the same.
    endings.follow(response, () => {
      access.answered(statusOf(response), !isFinished(response))
      if (access.outcome !== undefined) end(access)
    })
    return access
  }

  function isOwn(note: AuditNote | undefined): note is Access {
    return note instanceof Access && note.isOf(accessContext)
  }

  function mustWait(access: Access, asking: RequestContext, decision: Decision): boolean {
    const { auth, credential, requirement, request } = asking
    access.auth = auth ?? access.auth
    if (credential !== undefined) access.facts.presents(credential.value)
    access.decided(decision, asking)
    access.recorded = isRecorded(access, request, context)
    const response = request?.response
    if (response === undefined && !decision.allowed) access.answered(decision.status, false)
    const isSynthetic = accessContext.isSynthetic(access.auth)
    if (access.recorded && decision.allowed && isRequired(requirement, mode, isSynthetic)) {
      access.facts.settle()
      access.committed = true
      access.required = true
      return true
    }
    if (response === undefined || access.isOver) end(access)
    return false
  }

  return {
    ...{ clean: accessContext.clean, begin, mustWait },
    newId: () => accessContext.idOf(++count),
    noted: (note) => (isOwn(note) ? note : undefined),
  }
}

/** What the accesses of a trail work with. */
function createAccessContext(
  { prefix, proxies, phiIn, onError }: TrailContext,
  { put, commit }: Sinks,
): AccessContext {
  const boot = randomBase62(12)
  return {
    clean: createCleaner(prefix),
    proxies,
    isSynthetic: (auth) => auth !== undefined && phiIn(auth.environment) === 'synthetic',
    idOf: (number) => `${boot}-${number.toString(36)}`,
    more(access) {
      if (!access.recorded) return undefined
      if (access.required) return commit(access)
      // It is over already: it is written again.
      if (access.ended) put(access)
      return undefined
    },
    refuse(error) {
      onError(error)
      const refused: Promise<never> = Promise.reject(error)
      // A handler that does not wait for it must not end the process: what it told may come from a client.
      refused.catch(() => undefined)
      return refused
    },
  }
}

/** The parts of a record that a watcher gets. */
function watched(access: Access, { clean }: AccessContext): WatchedAccess {
  const { at, auth, facts, reason, queue } = access
  const { client } = facts
  return { at, actor: auth && actorOf(auth, clean), client, reason, outcome: queue }
}

function isRecorded(
  { auth }: Access,
  request: GateRequest | undefined,
  { when, onError }: Pick<TrailContext, 'when' | 'onError'>,
): boolean {
  if (when === undefined) return true
  if (typeof when === 'function') {
    const said = recover(() => atOnce(when({ auth, request }), 'audit.when', onError), onError)
    return said !== false
  }
  return auth === undefined || when.includes(auth.environment)
}

function isRequired({ phi, audit }: Requirement, mode: AuditMode, isSynthetic: boolean): boolean {
  const isReal = phi !== undefined && !isSynthetic
  return (audit ?? (isReal ? 'required' : mode)) === 'required'
}
