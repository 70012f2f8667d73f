import { createPrivateKey } from 'node:crypto'
import { channel } from 'node:diagnostics_channel'
import type { Auth } from '../core/auth.js'
import type { AuditNote, Decision } from '../core/decision.js'
import type { Endings } from '../core/endings.js'
import { AuditError } from '../core/errors.js'
import type { PhiHandling } from '../core/phi.js'
import { createCleaner } from '../core/redaction.js'
import type { RequestContext } from '../core/request-context.js'
import { isFinished, statusOf, type GateRequest } from '../core/request.js'
import type { AuditMode, Requirement } from '../core/requirement.js'
import type { KeyJournal } from '../keys/audited-key-store.js'
import { randomBase62 } from '../lib/base62.js'
import type { Clock } from '../lib/clock.js'
import { atOnce, recover, then, withTimeout, type MaybePromise } from '../lib/maybe.js'
import { Access, type AccessContext } from './access.js'
import { createDenialAggregator } from './denial-aggregator.js'
import { createJournal } from './key-journal.js'
import type { PendingRecord } from './pending-record.js'
import type { AuditSink } from './sink.js'
import { createWriter, type Writer } from './writer.js'

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
  /** What an environment does with health information. */
  readonly phiIn: (environment: string) => PhiHandling
  readonly clock: Clock
  readonly proxies: AccessContext['proxies']
  readonly endings: Endings
  readonly onError: (error: unknown) => void
}

/** What the pipeline tells of each request. */
export interface Trail {
  /** Resolves once everything so far is on durable storage. @throws {AuditError} where that takes more than 5 s */
  flush(): Promise<void>
  /** A request has come, or a call without one from an address. An earlier guard may have begun with it, and left a note. */
  begin(request: GateRequest | undefined, earlier?: AuditNote, address?: string): AuditNote
  /** It was decided; where that must be on durable storage before anything else happens and cannot be, something else is. */
  decided<D extends Decision>(
    context: RequestContext,
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
  const { mode, clock, when, endings, phiIn, onError } = context
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
  const writers = context.sinks.map((sink, index) => {
    const suffix = index === 0 ? '' : `-${String(index)}`
    return createWriter({
      ...{ sink, key, clock, instance: context.instance, tell: onError },
      newWriter: () => `${context.instance}.${randomBase62(12)}${suffix}`,
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
  const aggregator = createDenialAggregator(put)
  const journal = createJournal({
    ...{ mode, clock, clean: accessContext.clean, put, commit, onError },
    newId: () => accessContext.idOf(++count),
  })

  function put(pending: PendingRecord): void {
    for (const writer of writers) writer.put(pending)
  }

  async function commit(pending: PendingRecord): Promise<void> {
    const late = () =>
      new AuditError(`No sink acknowledged a record within ${String(ACKNOWLEDGE_MS)} ms.`)
    const first = Promise.any(writers.map((writer) => writer.commit(pending)))
    await withTimeout(first, ACKNOWLEDGE_MS, late, setImmediate)
  }

  /** One that fails keeps none of the others from what they have to do. */
  async function forEach(work: (writer: Writer) => Promise<void>): Promise<void> {
    const done = await Promise.allSettled(writers.map(work))
    for (const one of done) if (one.status === 'rejected') throw one.reason
  }

  function isRecorded(access: Access, request: GateRequest | undefined): boolean {
    const { auth } = access
    if (when === undefined) return true
    if (typeof when === 'function') {
      const said = recover(() => atOnce(when({ auth, request }), 'audit.when', onError), onError)
      return said !== false
    }
    return auth === undefined || when.includes(auth.environment)
  }

  function isRequired({ phi, audit }: Requirement, auth: Auth | undefined): boolean {
    const isReal = phi !== undefined && !accessContext.isSynthetic(auth)
    return (audit ?? (isReal ? 'required' : mode)) === 'required'
  }

  function end(access: Access): void {
    access.release()
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

  /** Takes note of a decision. Whether it may only be acted on once it is on durable storage. */
  function mustWait(access: Access, context: RequestContext, decision: Decision): boolean {
    const { auth, credential, requirement, request } = context
    access.auth = auth ?? access.auth
    if (credential !== undefined) access.presents(credential.value)
    access.decided(decision, requirement, request)
    access.recorded = isRecorded(access, request)
    const response = request?.response
    if (response === undefined && !decision.allowed) access.answered(decision.status, false)
    if (access.recorded && decision.allowed && isRequired(requirement, access.auth)) {
      access.settle()
      access.committed = true
      access.required = true
      return true
    }
    if (response === undefined || access.status !== undefined) end(access)
    return false
  }

  return {
    begin,
    decided: (context, decided, unrecorded) =>
      then(decided, (decision) => {
        const { note } = context
        if (!isOwn(note) || !mustWait(note, context, decision)) return decision
        return commit(note).then(
          () => decision,
          (error: unknown) => {
            onError(error)
            if (decision.allowed) decision.end()
            const denial = unrecorded()
            mustWait(note, context, denial)
            return denial
          },
        )
      }),
    journal,
    async flush() {
      aggregator.flush()
      await forEach((writer) => writer.flush())
    },
    async close() {
      aggregator.flush()
      await forEach((writer) => writer.close())
    },
  }
}
