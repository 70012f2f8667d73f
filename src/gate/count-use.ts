import type { Decision } from '../core/decision.js'
import type { RequestContext } from '../core/request-context.js'
import type { Counted, UsageOutcome } from '../core/tally.js'
import { outcomeOf } from '../keys/outcome.js'
import type { UsageRecorder } from '../keys/usage.js'

/** Counts what a request has come to, and returns that. Of several guards on one request, the last one says. */
export type CountUse = <D extends Decision>(context: RequestContext, decision: D) => D

export function createUseCounter({ used, turnedAway, tallyOf }: UsageRecorder): CountUse {
  function count(context: RequestContext, decision: Decision): void {
    const { known, auth, earlier, counted: before } = context
    if (auth === undefined) return
    const outcome = outcomeFor(context, decision)
    if (outcome === before) return
    // An endpoint may be given credentials of others than of whom a guard before it has let in.
    if (before !== undefined && !isSame(auth, earlier?.auth)) return
    context.counted = outcome
    if (known === undefined) turnedAway(auth, outcome, before)
    else used(known.tally ?? tallyOf(auth), outcome, before)
  }

  return (context, decision) => {
    count(context, decision)
    return decision
  }
}

function outcomeFor({ known }: RequestContext, decision: Decision): UsageOutcome {
  if (known === undefined) return 'unauthenticated'
  return decision.allowed ? 'allowed' : outcomeOf(decision.reason)
}

function isSame(one: Counted, other: Counted | undefined): boolean {
  const isSameKey = one.keyId === other?.keyId
  return isSameKey && one.ownerId === other?.ownerId && one.environment === other.environment
}
