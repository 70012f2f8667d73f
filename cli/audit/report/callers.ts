import { hash } from 'node:crypto'
import { callerId, type AuditEvent } from 'sallyport'
import { callerName } from '../caller.js'

/** Things that were seen in the week under review, with how often, and those of the weeks before. */
export interface Seen {
  readonly week: Map<string, number>
  readonly past: Set<string>
}

/** A key, or the subject of a token. */
export interface Caller {
  /** For people. */
  readonly id: string
  /** As the first event says that a checkpoint vouches for; without one, as the first of all. */
  ownerId: string
  /** Whether a checkpoint vouches for the owner. */
  proven: boolean
  /** Requests: in the week under review, in the one before it, and so on. */
  readonly weeks: number[]
  denied: number
  readonly hours: number[]
  readonly pastHours: number[]
  readonly addresses: Seen
  readonly things: Seen
}

export type Access = Extract<AuditEvent, { kind: 'access' }>

const MAX_CALLERS = 10_000
/** More than is ever written of an address, a route or a caller. */
const MAX_NAME = 512

/** Those whom a trail names, as many as are told apart. */
export class Callers {
  /** By `callerId`. */
  readonly all = new Map<string, Caller>()
  /** Whether there were more. */
  isCrowded = false
  /** Those of whom nothing is proven. */
  readonly #doubtful = new Set<string>()
  readonly #weeks: number

  /** @param weeks how many are counted for each */
  constructor(weeks: number) {
    this.#weeks = weeks
  }

  /** Whose an access is; `undefined` where nobody is named, or there is no room. */
  of(event: Access): Caller | undefined {
    const said = callerId(event)
    if (said === undefined) return undefined
    // Two callers never share one.
    const who = said.length > MAX_NAME ? hash('sha256', said, 'base64url') : said
    if (event.proven) this.#doubtful.delete(who)
    const caller = this.all.get(who) ?? this.#add(who, event)
    if (caller !== undefined) own(caller, event)
    return caller
  }

  #add(who: string, event: Access): Caller | undefined {
    if (this.all.size >= MAX_CALLERS) {
      this.isCrowded = true
      // Anybody who can add to a trail can name any callers: a proven caller takes their place.
      const [other] = event.proven ? this.#doubtful : []
      if (other === undefined) return undefined
      this.#doubtful.delete(other)
      this.all.delete(other)
    }
    if (!event.proven) this.#doubtful.add(who)
    const caller: Caller = {
      ...{ id: short(nameOf(event)), ownerId: '', proven: false, denied: 0 },
      ...{ weeks: zeros(this.#weeks), hours: zeros(24), pastHours: zeros(24) },
      addresses: { week: new Map(), past: new Set() },
      things: { week: new Map(), past: new Set() },
    }
    this.all.set(who, caller)
    return caller
  }
}

/** Anybody who can add to a trail can name another owner: the proven one stays. */
function own(caller: Caller, { ownerId, proven }: AuditEvent): void {
  if (ownerId === undefined) return
  if (caller.ownerId !== '' && (caller.proven || !proven)) return
  Object.assign(caller, { ownerId, proven })
}

function nameOf(event: Access): string {
  const name = callerName(event) ?? '?'
  if (event.keyId !== undefined) return name
  if (event.app === true) return event.subject === undefined ? name : `${name} of the app`
  return `${name} of ${event.issuer ?? '?'}`
}

/** As much of a text as is ever written; the rest of a longer one is let go. */
export function short(text: string): string {
  return text.length <= MAX_NAME ? text : Buffer.from(text.slice(0, MAX_NAME)).toString()
}

export function zeros(length: number): number[] {
  return Array.from({ length }, () => 0)
}
