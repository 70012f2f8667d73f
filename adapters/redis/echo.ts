const LIMIT_MS = 3_000
/** Where so many are not acknowledged, one more is sent only now and then: the client may have lost the others without a word. */
const RETRY_MS = 30_000
/** Calls whose sending a client has not acknowledged: it keeps them while it is offline, and must not keep ever more. */
const MAX_UNSENT = 100

interface Call {
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

/** Proves that both directions work: what is called out must come back. What was sent before it has then been heard. */
export interface Echo {
  /** Rejects after 3 s without an echo. */
  readonly call: () => Promise<void>
  readonly hear: (message: string) => void
  /** Nothing that is under way will come back. */
  readonly fail: (cause: unknown) => void
}

export function createEcho(send: (message: string) => Promise<unknown>): Echo {
  const calls = new Map<string, Call>()
  let unsent = 0
  let sentAt = -Infinity

  async function post(message: string): Promise<void> {
    const now = performance.now()
    if (unsent >= MAX_UNSENT && now - sentAt < RETRY_MS)
      throw new Error('Redis acknowledges nothing that is published.')
    sentAt = now
    unsent += 1
    try {
      await send(message)
      // A connection acknowledges in order: what was sent before is acknowledged too, or lost.
      unsent = 0
    } catch (error) {
      unsent = Math.max(0, unsent - 1)
      throw error
    }
  }

  return {
    async call() {
      // Nobody can know it before it is published.
      const message = `echo ${crypto.randomUUID()}`
      let timer: NodeJS.Timeout | undefined
      const heard = new Promise<void>((resolve, reject) => {
        calls.set(message, { resolve, reject })
        timer = setTimeout(() => {
          reject(new Error(`Redis did not bring a message back within ${String(LIMIT_MS)} ms.`))
        }, LIMIT_MS).unref()
        post(message).catch(reject)
      })
      try {
        await heard
      } finally {
        clearTimeout(timer)
        calls.delete(message)
      }
    },
    hear: (message) => calls.get(message)?.resolve(),
    fail(cause) {
      for (const { reject } of calls.values()) reject(cause)
    },
  }
}
