import { callApp } from '../core/app-call.js'
import { LRUCache } from 'lru-cache'
import type { Refusal } from '../core/denial.js'
import { ISSUER_BUSY, ISSUER_UNAVAILABLE } from './caller-refusals.js'
import type { TokenMeaning } from './authenticate.js'
import { createIssuer, hasSameKeys, type Issuer, type IssuerContext } from './issuers.js'
import { createIssuerBook, type IssuerBook } from './verify.js'
import { lastly, then, type MaybePromise } from '../lib/maybe.js'
import { placesFor } from '../lib/places.js'
import { Shares } from '../lib/shares.js'
import { SingleFlight } from '../lib/single-flight.js'
import { issuerOfTenant, type TenantPattern } from './tenants.js'

/** Issuers that are found when a token comes, and how long they are remembered. */
const MAX_FOUND = 1_000
const FOUND_MS = 300_000
const MAX_UNKNOWN = 1_000
const UNKNOWN_MS = 30_000
/** Questions to the app that are under way at once, over all callers. */
const MAX_ASKED = 64
/** Bytes of the longest token that any issuer may have. */
const LONGEST = 65_536

/** An issuer with all that its option says. */
export type KnownIssuer = TenantPattern & TokenMeaning

/** Finds the issuer of tokens with this `iss`, which is not proven; `undefined`: the app knows none. */
export type FindIssuer = (iss: string) => MaybePromise<KnownIssuer | undefined>

export interface BookContext extends IssuerContext {
  readonly issuers: readonly KnownIssuer[] | FindIssuer
}

export interface OpenIssuers extends IssuerBook {
  readonly meaningOf: (issuer: object) => TokenMeaning | undefined
  /** Forgets whether there is an issuer of this name, where that was found out: it is looked for anew. */
  readonly forget: (issuer: string) => void
}

/** All issuers whose tokens are taken, and what their tokens mean; beside those of `own`. */
export function createIssuers(context: BookContext, own: readonly Issuer[]): OpenIssuers {
  const { issuers } = context
  const descriptions = new WeakMap<object, KnownIssuer>()
  const made = new WeakMap<KnownIssuer, Issuer>()
  const open = (description: KnownIssuer, known?: Issuer): Issuer => {
    const before = made.get(description)
    if (before !== undefined) return before
    const earlier = known && descriptions.get(known)
    const isSameSource = earlier !== undefined && hasSameKeys(earlier, description)
    const issuer = createIssuer(description, context, isSameSource ? known?.keys : undefined)
    descriptions.set(issuer, description)
    made.set(description, issuer)
    return issuer
  }
  const meaningOf = (issuer: object) => descriptions.get(issuer)
  const listed = typeof issuers === 'function' ? [] : issuers
  const patterns = listed.filter(({ tenants }) => tenants !== undefined)
  const fixed = createIssuerBook([
    ...listed.filter(({ tenants }) => tenants === undefined).map((each) => open(each)),
    ...own,
  ])
  if (typeof issuers !== 'function' && patterns.length === 0) {
    return { ...fixed, meaningOf, forget: () => undefined }
  }
  const look = typeof issuers === 'function' ? issuers : createTenantFinder(patterns)
  const asked = typeof issuers === 'function' ? 'issuers' : 'tenants'
  const { find, forget } = createFinder(asked, look, open, context)
  return {
    find: (iss, source, anew) =>
      fixed.find(iss) ?? (iss === undefined ? undefined : find(iss, source, anew)),
    names: [...fixed.names, ...patterns.flatMap(({ issuer }) => issuer || [])],
    longest: LONGEST,
    meaningOf,
    forget,
  }
}

/** A tenant that is asked about again stays the same issuer, and keeps its keys. */
function createTenantFinder(patterns: readonly KnownIssuer[]): FindIssuer {
  const kept = new LRUCache<string, KnownIssuer>(placesFor(MAX_FOUND))
  return (iss) =>
    then<KnownIssuer | undefined, KnownIssuer | undefined>(
      issuerOfTenant(patterns, iss),
      (found) => {
        if (found === undefined) return undefined
        const same = kept.get(iss) ?? found
        kept.set(iss, same)
        return same
      },
    )
}

interface Finder {
  readonly find: (
    iss: string,
    source: string | undefined,
    anew: boolean | undefined,
  ) => MaybePromise<Issuer | Refusal | undefined>
  readonly forget: OpenIssuers['forget']
}

/** What is found is remembered for a while, and so is what is not; each is asked about once at a time. */
function createFinder(
  name: 'issuers' | 'tenants',
  look: FindIssuer,
  open: (description: KnownIssuer, known: Issuer | undefined) => Issuer,
  { elapsed, onError }: Pick<IssuerContext, 'elapsed' | 'onError'>,
): Finder {
  // The clock is asked each time: one that is moved, as in tests, counts at once.
  const byClock = { perf: { now: elapsed }, ttlResolution: 0 }
  const found = new LRUCache<string, Issuer>({
    ...placesFor(MAX_FOUND),
    ...{ ...byClock, ttl: FOUND_MS },
  })
  const unknown = new LRUCache<string, true>({
    ...placesFor(MAX_UNKNOWN),
    ...{ ...byClock, ttl: UNKNOWN_MS },
  })
  /** Issuers that were found before: whoever asks for others does not keep them out. */
  const met = new LRUCache<string, true>(placesFor(MAX_FOUND))
  const questions = new SingleFlight<Issuer | Refusal | undefined>()
  /** One source has half of the questions at most: a flood of made-up names leaves the others theirs. */
  const shares = new Shares(MAX_ASKED)

  /** @param known the issuer as it was found before: where its keys come from the same place, those that were fetched stay */
  function read(
    iss: string,
    description: KnownIssuer | undefined,
    isCurrent: boolean,
    known: Issuer | undefined,
  ) {
    if (description === undefined) {
      met.delete(iss)
      found.delete(iss)
      if (isCurrent) unknown.set(iss, true)
      return undefined
    }
    const issuer = open(description, known)
    if (!(issuer.names ?? []).includes(iss)) {
      throw new TypeError("'issuers' must return the issuer that it was asked for, or undefined.")
    }
    met.set(iss, true)
    if (isCurrent) found.set(iss, issuer)
    return issuer
  }

  function find(
    iss: string,
    // Callers without an address have a share together.
    source = '',
    anew?: boolean,
  ): MaybePromise<Issuer | Refusal | undefined> {
    const known = found.get(iss)
    if (known !== undefined && !anew) return known
    if (unknown.has(iss) || !/^[!-~]{1,256}$/.test(iss)) return undefined
    const underWay = anew ? undefined : questions.underWay(iss)
    if (underWay !== undefined) return underWay
    if (!met.has(iss) && !shares.hasRoom(source)) return ISSUER_BUSY
    shares.take(source)
    const answered = questions.ask(iss, (isCurrent) =>
      callApp(
        `'${name}'`,
        () => look(iss),
        (answer) => read(iss, answer, isCurrent(), known),
        { onError, unavailable: ISSUER_UNAVAILABLE },
      ),
    )
    return lastly(answered, () => {
      shares.leave(source)
    })
  }

  function forget(whose: string): void {
    questions.forget()
    unknown.delete(whose)
    for (const [iss, { issuer }] of found) if (issuer === whose || iss === whose) found.delete(iss)
  }

  return { find, forget }
}
