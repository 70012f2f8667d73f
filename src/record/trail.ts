import { createPrivateKey } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import type { Clock } from '../lib/clock.js'
import { randomBase62 } from '../lib/base62.js'
import { recover, then, within, type MaybePromise } from '../lib/maybe.js'
import type { Auth } from '../terms/auth.js'
import type { KeyJournal } from '../keys/recorded.js'
import type { AuditNote, Decision } from '../terms/decision.js'
import type { AuditMode, Demand } from '../terms/demand.js'
import { isClosed, isFinished, type GateRequest } from '../terms/request.js'
import { Access, type AccessContext } from './access.js'
import type { Draft } from './draft.js'
import { createFold } from './fold.js'
import { createJournal } from './journal.js'
import { AuditError, type AuditSink } from './sink.js'
import { createCleaner } from './text.js'
import { createWriter } from './writer.js'

/**
 * What is published on the channel `sallyport:audit` of `node:diagnostics_channel`: when an outage of a sink begins or records begin to be dropped,
 * and when all that waited is written again.
 */
export interface AuditOutage {
  readonly state: 'failing' | 'recovered'
  readonly sink: AuditSink
  /** Of `'failing'`. */
  readonly error?: unknown
  /** Of `'recovered'`: how many records were dropped since it was told last. */
  readonly dropped?: number
}

/** An access of which it is asked whether it is recorded. */
export interface AuditedAccess {
  /** Absent where it is not known who asks. */
  readonly auth?: Auth | undefined
  readonly request?: GateRequest | undefined
}

/** Which accesses are recorded: those of some environments, and those of nobody in particular; or what a function says. */
export type AuditWhen = readonly string[] | ((access: AuditedAccess) => boolean)

export interface TrailContext {
  readonly sinks: readonly AuditSink[]
  readonly mode: AuditMode
  readonly when?: AuditWhen | undefined
  /** PEM of the Ed25519 private key. */
  readonly key?: string | undefined
  readonly instance: string
  readonly prefix: string
  readonly clock: Clock
  readonly proxies: AccessContext['proxies']
  readonly onError: (error: unknown) => void
}

/** A request on its way. */
export interface Followed {
  readonly request: GateRequest | undefined
  readonly demand: Demand
  readonly access: Access | undefined
  /** Whose credential it brings, once that is known. */
  readonly auth: Auth | undefined
}

/** What the corridor tells of each request. */
export interface Trail {
  /** Resolves once everything so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  /** A request has come; or an earlier guard has begun with it, and left a note. */
  follow(request: GateRequest, earlier: AuditNote | undefined): Access
  /** Somebody called without a request, from an address. */
  begin(address: string | undefined): Access
  /** It was decided; where that must be on durable storage before anything else happens and cannot be, something else is. */
  settle<D extends Decision>(
    followed: Followed,
    decided: MaybePromise<D>,
    unrecorded: () => D,
  ): MaybePromise<D>
  readonly journal: KeyJournal
  close(): Promise<void>
}

const ACKNOWLEDGE_MS = 250
const outages = channel('sallyport:audit')

function tell(outage: AuditOutage): void {
  if (outages.hasSubscribers) outages.publish(outage)
}

export function createTrail(context: TrailContext): Trail {
  const { mode, clock, when, onError } = context
  const boot = randomBase62(12)
  const key = context.key === undefined ? undefined : createPrivateKey(context.key)
  if (key === undefined) {
    process.emitWarning(
      'The audit trail is not signed: give audit.key, or nobody can prove that it is whole.',
      { code: 'SALLYPORT_AUDIT_UNSIGNED' },
    )
  }
  const accessContext: AccessContext = {
    clean: createCleaner(context.prefix),
    proxies: context.proxies,
    idOf: (number) => `${boot}-${number.toString(36)}`,
    more(access) {
      if (!access.recorded) return undefined
      if (access.required) return commit(access)
      // It has been answered already: it is written again.
      if (access.status !== undefined) put(access)
      return undefined
    },
  }
  const writers = context.sinks.map((sink, index) => {
    const suffix = index === 0 ? '' : `-${String(index)}`
    return createWriter({
      ...{ sink, key, clock, instance: context.instance },
      writer: `${context.instance}.${boot}${suffix}`,
      alarm(error) {
        onError(error)
        tell({ state: 'failing', sink, error })
      },
      recovered(dropped) {
        tell({ state: 'recovered', sink, dropped })
      },
    })
  })
  let count = 0
  const fold = createFold(put)
  const journal = createJournal({
    ...{ mode, clock, clean: accessContext.clean, put, commit, onError },
    newId: () => accessContext.idOf(++count),
  })

  function put(draft: Draft): void {
    for (const writer of writers) writer.put(draft)
  }

  async function commit(draft: Draft): Promise<void> {
    const late = () =>
      new AuditError(`No sink acknowledged a record within ${String(ACKNOWLEDGE_MS)} ms.`)
    const first = Promise.any(writers.map((writer) => writer.commit(draft)))
    await within(first, ACKNOWLEDGE_MS, late, setImmediate)
  }

  function isRecorded(access: Access, request: GateRequest | undefined): boolean {
    const { auth } = access
    if (when === undefined) return true
    if (typeof when === 'function') return recover(() => when({ auth, request }), onError) !== false
    return auth === undefined || when.includes(auth.environment)
  }

  function isRequired({ phi, audit }: Demand): boolean {
    return (audit ?? (phi === undefined ? mode : 'required')) === 'required'
  }

  function end(access: Access): void {
    access.release()
    if (!access.recorded) return
    if (access.outcome !== 'allowed' && !access.committed && fold.take(access)) return
    put(access)
  }

  function begin(request: GateRequest | undefined, address?: string): Access {
    return new Access(++count, clock(), accessContext, request, address)
  }

  /** Takes note of a decision. Whether it may only be acted on once it is on durable storage. */
  function mustWait(
    followed: Followed,
    decision: Decision,
  ): followed is Followed & { readonly access: Access } {
    const { access, demand, request } = followed
    if (access === undefined) return false
    access.auth = followed.auth ?? access.auth
    access.decided(decision, demand, request)
    access.recorded = isRecorded(access, request)
    const response = request?.response
    if (response === undefined && !decision.allowed) access.answered(decision.status, false)
    if (access.recorded && decision.allowed && isRequired(demand)) {
      access.settle()
      access.committed = true
      access.required = true
      return true
    }
    if (response === undefined || access.status !== undefined) end(access)
    return false
  }

  return {
    begin: (address) => begin(undefined, address),
    follow(request, earlier) {
      if (earlier instanceof Access && earlier.isOf(accessContext)) return earlier
      const access = begin(request)
      const { response } = request
      if (response === undefined) return access
      const close = () => {
        access.answered(response.statusCode, !isFinished(response))
        if (access.outcome !== undefined) end(access)
      }
      // The client may have gone before a guard was asked: what its request does is recorded all the same.
      if (isClosed(response)) close()
      else response.once('close', close)
      return access
    },
    settle: (followed, decided, unrecorded) =>
      then(decided, (decision) => {
        if (!mustWait(followed, decision)) return decision
        return commit(followed.access).then(
          () => decision,
          (error: unknown) => {
            onError(error)
            if (decision.allowed) decision.end()
            const denial = unrecorded()
            mustWait(followed, denial)
            return denial
          },
        )
      }),
    journal,
    async flush() {
      fold.flush()
      await Promise.all(writers.map((writer) => writer.flush()))
    },
    async close() {
      fold.flush()
      await Promise.all(writers.map((writer) => writer.close()))
    },
  }
}
