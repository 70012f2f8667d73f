import { setTimeout as pause } from 'node:timers/promises'

const LIMIT_MS = 10_000

/** Waits until something has come about that no event tells of: on real sockets and in other processes. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + LIMIT_MS; performance.now() < end;) {
    if (await what()) return
    await pause(10)
  }
  throw new Error(`It has not come about within ${String(LIMIT_MS)} ms.`)
}
