import type { Trail, TrailOptions } from '../audit/trail.js'
import { createGateEvents, type OwnEvents } from '../events/gate-events.js'
import type { Features, OpenOptions } from './features.js'

/** What is told of what happens. */
export interface Observers {
  /** Absent: nothing is recorded. */
  readonly trail: Trail | undefined
  readonly events: Omit<OwnEvents, 'begin' | 'close' | 'tellUnusual'>
  readonly beginEvents: OwnEvents['begin']
  readonly closeEvents: OwnEvents['close']
}

export function createObservers(
  given: OpenOptions,
  { auditParts }: Features,
  around: Pick<TrailOptions, 'proxies' | 'endings' | 'onError'>,
): Observers {
  const { audit, prefix, phiIn, clock } = given
  const isWatched = audit?.unusual === true
  const { onError } = around
  const { begin, close, tellUnusual, ...events } = createGateEvents({
    ...given,
    isWatched,
    onError,
  })
  const trail =
    audit &&
    auditParts?.createTrail({
      ...{ ...audit, prefix, phiIn, clock, ...around },
      ...(isWatched && { tellUnusual }),
    })
  return { trail, events, beginEvents: begin, closeEvents: close }
}
