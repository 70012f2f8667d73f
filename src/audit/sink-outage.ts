import { AuditError } from '../core/errors.js'

/** Who is told. */
export interface SinkOutageContext {
  /** An outage has begun, or records are being dropped. */
  readonly alarm: (error: AuditError) => void
  /** All that waited is written; so many records were dropped, of which the trail tells. */
  readonly recovered: (dropped: number) => void
}

/** Whether a sink is away: told once when it begins, and once when it is over. */
export interface SinkOutage {
  /** Whether it has only begun to fail. */
  begun(cause: unknown): boolean
  /** All that waited is written. It is over when the trail tells also of what was dropped. */
  over(): void
}

/** @param takeLost how many records were dropped, of which the trail tells now; `undefined`: it does not yet */
export function createOutage(
  { alarm, recovered }: SinkOutageContext,
  takeLost: () => number | undefined,
): SinkOutage {
  let isDown = false
  return {
    begun(cause) {
      if (isDown) return false
      const isTold =
        cause instanceof AuditError && ['moved', 'place_taken'].includes(cause.fault ?? '')
      alarm(isTold ? cause : new AuditError('The audit trail cannot be written.', { cause }))
      isDown = true
      return true
    },
    over() {
      const lost = takeLost()
      if (lost === undefined || (!isDown && lost === 0)) return
      recovered(lost)
      isDown = false
    },
  }
}
