import * as v from 'valibot'
import type { KeyChangeFeed, KeyChangeListener } from '../../src/index.js'
import { CHANNEL } from './schema.js'
import { ifUnderstood, whole } from './read-answer.js'

/** A connection that hears what is told on its channels, in the order in which it was committed. */
export interface Line {
  notify(channel: string, payload: string): Promise<unknown>
  /** Hangs up at once, whatever state the connection is in. */
  close(): void | Promise<void>
}

export interface LineListener {
  heard(channel: string, payload: string): void
  /** Told at most once, and only of a line that was open. */
  lost(cause: unknown): void
}

/** Resolves once all channels are listened to. */
export type OpenLine = (channels: readonly string[], listener: LineListener) => Promise<Line>

/** For a message to come back; a gate waits no longer either. */
const HEARTBEAT_MS = 3_000

interface Waiting {
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

const from = v.object({ schema: v.string() })
const told = v.object({ id: v.string(), version: whole })

/**
 * Hears the changes that the triggers tell. A beat is a message to itself: what is committed before a message is heard before it. Each
 * subscription has a channel of its own for that, so that beats do not reach the others.
 * @param settle looks with each beat whether the tables are still those that this version understands
 */
export function createChangeFeed(
  findSchema: () => Promise<string>,
  settle: () => Promise<void>,
  openLine: OpenLine,
): KeyChangeFeed {
  return {
    async listen(listener) {
      await settle()
      const schema = await findSchema()
      const own = `sallyport_${crypto.randomUUID().replaceAll('-', '_')}`
      const waiting = new Map<string, Waiting>()
      let heartbeats = 0
      let over: Error | undefined

      function end(cause: unknown): void {
        over ??= new Error('This subscription is over.', { cause })
        for (const { reject } of waiting.values()) reject(over)
        waiting.clear()
      }

      const line = await openLine([CHANNEL, own], {
        heard(channel, payload) {
          if (channel === CHANNEL) tell(listener, schema, payload)
          else waiting.get(payload)?.resolve()
        },
        lost(cause) {
          end(cause)
          listener.lost(cause)
        },
      })
      return {
        async catchUp() {
          if (over !== undefined) throw over
          const token = String(++heartbeats)
          let timer: NodeJS.Timeout | undefined
          const heard = new Promise<void>((resolve, reject) => {
            waiting.set(token, { resolve, reject })
            timer = setTimeout(() => {
              reject(new Error(`A message did not come back within ${String(HEARTBEAT_MS)} ms.`))
            }, HEARTBEAT_MS).unref()
            line.notify(own, token).catch(reject)
          })
          await heard.finally(() => {
            clearTimeout(timer)
            waiting.delete(token)
          })
          await settle()
        },
        close() {
          end(new Error('The subscription was closed.'))
          return line.close()
        },
      }
    },
  }
}

/**
 * Messages of other schemas are ignored. TRUNCATE does not name the keys that it removes, and a message of our schema that cannot be read may come from a newer version:
 * in both cases, all keys are read anew.
 */
function tell(listener: KeyChangeListener, mine: string, payload: string): void {
  const message = parsed(payload)
  if (ifUnderstood(from, message)?.schema !== mine) return
  const { id, version } = ifUnderstood(told, message) ?? {}
  if (id === undefined || version === undefined)
    listener.lost(new Error('The keys were truncated, or changed in a way that is not understood.'))
  else listener.changed({ id, version })
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return undefined
  }
}
