import { z } from 'zod'
import type { KeyChangeFeed, KeyChangeListener } from '../../src/index.js'
import { CHANNEL } from './schema.js'

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

interface Waiting {
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

const told = z.object({
  schema: z.string(),
  id: z.string().optional(),
  version: z.int().optional(),
})

/**
 * Hears the changes that the triggers tell. A beat is a message to itself: what is committed before a message is heard before it. Each
 * subscription has a channel of its own for that, so that beats do not reach the others.
 */
export function createChangeFeed(
  findSchema: () => Promise<string>,
  openLine: OpenLine,
): KeyChangeFeed {
  return {
    async listen(listener) {
      const schema = await findSchema()
      const own = `sallyport_${crypto.randomUUID().replaceAll('-', '_')}`
      const waiting = new Map<string, Waiting>()
      let beats = 0
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
          const token = String(++beats)
          const heard = new Promise<void>((resolve, reject) => {
            waiting.set(token, { resolve, reject })
            line.notify(own, token).catch(reject)
          })
          await heard.finally(() => waiting.delete(token))
        },
        close() {
          end(new Error('The subscription was closed.'))
          return line.close()
        },
      }
    },
  }
}

/** What is no message of ours says nothing. All keys of a table that was emptied are gone without a word of each. */
function tell(listener: KeyChangeListener, mine: string, payload: string): void {
  const { schema, id, version } = told.safeParse(parsed(payload)).data ?? {}
  if (schema !== mine) return
  if (id === undefined || version === undefined)
    listener.lost(new Error('The keys were truncated.'))
  else listener.changed({ id, version })
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    return undefined
  }
}
