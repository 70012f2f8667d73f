import type { Unusual } from '../audit/unusual.js'
import type { KeyOutbox, OutboxEvent } from '../keys/outbox.js'

/** What waits for the store at most: beyond, the oldest is dropped. */
const MAX_WAITING = 1_000

/** Findings that become events. */
export interface UnusualEvents {
  readonly tell: (found: readonly Unusual[]) => void
  /** Adds what waits; resolves to how many events are new. What a failing store does not take, waits on. @throws what the store throws */
  readonly flush: () => Promise<number>
}

export function createUnusualEvents(outbox: KeyOutbox): UnusualEvents {
  const waiting: Unusual[] = []
  return {
    tell(found) {
      waiting.push(...found)
      waiting.splice(0, Math.max(0, waiting.length - MAX_WAITING))
    },
    async flush() {
      if (waiting.length === 0) return 0
      const taken = waiting.splice(0)
      try {
        return [...(await outbox.add(taken.map(eventFor)))].filter(Boolean).length
      } catch (error) {
        waiting.unshift(...taken)
        waiting.splice(0, Math.max(0, waiting.length - MAX_WAITING))
        throw error
      }
    },
  }
}

function eventFor({ at, mark, subject, actor, client, ...found }: Unusual): OutboxEvent {
  const { environment, ownerId, tenantId, keyId, issuer, clientId, app } = actor ?? {}
  const who = { environment, ownerId, tenantId, keyId, issuer, clientId, app }
  const data = { ...found, ...who, subject: actor?.subject, client }
  return { type: 'audit.unusual', subject, at, data, once: mark }
}
