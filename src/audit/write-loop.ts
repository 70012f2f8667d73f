import { AuditError } from '../core/errors.js'
import { withTimeout } from '../lib/maybe.js'
import { pause } from './delivery.js'

const FLUSH_MS = 20
const CLOSE_MS = 5_000

/** Of one that failed: when it is made again. */
export type RoundOutcome = 'written' | 'again' | 'later'

interface WriteLoopContext {
  /** Writes what there is. */
  readonly round: () => Promise<RoundOutcome>
  /** Whether another round is due. */
  readonly hasMore: () => boolean
  readonly isEmpty: () => boolean
}

/** Makes rounds, one at a time, as long as there is something to write. */
export function createWriteLoop({ round, hasMore, isEmpty }: WriteLoopContext) {
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isUrgent = false
  let isEnding = false

  /** In this very turn others may come: what is urgent goes at its end, and the rest a little later. */
  function wake(now: boolean): void {
    if (now) isUrgent = true
    if (running !== undefined) return
    if (isUrgent) {
      clearTimeout(timer)
      timer = undefined
      running = new Promise<void>((resolve) => setImmediate(resolve)).then(run)
    } else {
      timer ??= setTimeout(() => {
        timer = undefined
        wake(true)
      }, FLUSH_MS).unref()
    }
  }

  const mustGoOn = () => isUrgent || hasMore()

  async function run(): Promise<void> {
    do {
      isUrgent = false
      const outcome = await round()
      if (isEnding && outcome !== 'written') break
      if (outcome === 'later') await pause()
    } while (mustGoOn())
    running = undefined
    if (!isEnding && !isEmpty()) wake(false)
  }

  return {
    wake,
    /** Resolves once everything is written. @throws {AuditError} where that takes more than 5 s */
    async finish(): Promise<void> {
      const late = () => new AuditError('The audit trail could not be written within 5 s.')
      const done = (async () => {
        while (!isEnding && !isEmpty()) {
          wake(true)
          await running
        }
      })()
      await withTimeout(done, CLOSE_MS, late)
    },
    stop() {
      isEnding = true
      clearTimeout(timer)
    },
  }
}
