import type { AccessRequest, AccessState, TermsVersion } from './access-store.js'
import type { Acceptance } from './agreement-store.js'
import type { Terms } from './check-options.js'
import type { OwnerFacts } from './owner-cache.js'

/** What an owner lacks before it may have keys, and why: nothing is missing where all is well. */
export interface MissingAccess {
  /** `'request'`: access must be requested (again). `'decision'`: a request waits, or was suspended. `'terms'`: terms must be accepted. */
  readonly step: 'request' | 'decision' | 'terms'
  /** For the owner. */
  readonly message: string
  /** The terms of `'terms'`. */
  readonly terms?: { readonly id: string; readonly version: string }
}

/** Where an owner is in one environment. */
export interface EnvironmentAccess {
  readonly environment: string
  /** `'none'`: nothing was ever requested. `'ended'`: also where an approval has come to its end. */
  readonly state: AccessState | 'none'
  /** The request that says so. */
  readonly request?: AccessRequest
  readonly missing: readonly MissingAccess[]
}

/** The request that decides in an environment, and what it says at this moment. A suspension comes first: no other approval goes past it. */
export function accessIn(
  { requests }: OwnerFacts,
  environment: string,
  now: number,
): { readonly state: AccessState | 'none'; readonly request?: AccessRequest } {
  const here = requests
    .filter(({ environments }) => environments.includes(environment))
    .map((request) => ({ state: stateAt(request, now), request }))
  for (const wanted of ['suspended', 'approved', 'requested'] as const) {
    const found = here.find(({ state }) => state === wanted)
    if (found !== undefined) return found
  }
  return (
    here.reduce<(typeof here)[number] | undefined>(
      (latest, one) =>
        latest === undefined || one.request.requestedAt > latest.request.requestedAt ? one : latest,
      undefined,
    ) ?? { state: 'none' }
  )
}

/** An approval ends at its end, without a change. */
export function stateAt({ state, until }: AccessRequest, now: number): AccessState {
  return state === 'approved' && until !== undefined && until.getTime() <= now ? 'ended' : state
}

/** Why there is no access, for the owner; `undefined` where there is. */
export function lackOfAccess(
  facts: OwnerFacts,
  environment: string,
  now: number,
): MissingAccess | undefined {
  const { state, request } = accessIn(facts, environment, now)
  const where = `access to '${environment}'`
  const words = request?.steps.at(-1)?.reason
  const because = words === undefined ? '' : ` Reason: ${words}`
  switch (state) {
    case 'approved':
      return undefined
    case 'none':
      return { step: 'request', message: `Your organization has no ${where}. Request it.` }
    case 'requested':
      return {
        step: 'decision',
        message: `Your organization's request for ${where} waits for a decision, due by ${dayOf(request?.dueAt)}.`,
      }
    case 'suspended':
      return { step: 'decision', message: `Your organization's ${where} is suspended.${because}` }
    case 'denied':
      return { step: 'request', message: `Your organization's ${where} was denied.${because}` }
    case 'ended':
      return {
        step: 'request',
        message: `Your organization's ${where} has ended. Request it anew.`,
      }
  }
}

/** The acceptance of terms that counts at this moment. */
export function acceptanceOf(
  { acceptances }: OwnerFacts,
  { id, version, digest, alsoAccepted }: Terms,
  now: number,
): Acceptance | undefined {
  // Another text under the same version was not accepted.
  const counts = (terms: TermsVersion) =>
    terms.version === version ? terms.digest === digest : alsoAccepted.includes(terms.version)
  return acceptances.find(
    ({ terms, at, until }) =>
      terms.id === id &&
      counts(terms) &&
      at.getTime() <= now &&
      (until === undefined || until.getTime() > now),
  )
}

/** What is said of terms that an owner has not accepted. */
export function lackOfTerms({ id, version, title }: Terms): MissingAccess {
  const named = title === undefined ? `'${id}'` : `'${title}' (${id})`
  const message = `Your organization has not accepted ${named}, version ${version}.`
  return { step: 'terms', message, terms: { id, version } }
}

/** Whether terms are asked for in an environment. */
export function appliesIn({ environments }: Terms, environment: string): boolean {
  return environments?.includes(environment) ?? true
}

function dayOf(date: Date | undefined): string {
  return date?.toISOString().slice(0, 10) ?? ''
}

/** The terms of a list that apply in an environment, and that an owner has not accepted. */
export function lackingTerms(
  facts: OwnerFacts,
  terms: Iterable<Terms>,
  environment: string,
  now: number,
): readonly Terms[] {
  return [...terms].filter(
    (each) => appliesIn(each, environment) && acceptanceOf(facts, each, now) === undefined,
  )
}

/** Those that a request for access, and a new key, need. */
export function requiredTerms(terms: ReadonlyMap<string, Terms>): readonly Terms[] {
  return [...terms.values()].filter(({ required }) => required)
}
