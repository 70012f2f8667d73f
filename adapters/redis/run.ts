import { hash } from 'node:crypto'
import { checkClient, type RedisScripts } from './clients.js'
import { plainly } from './plain-error.js'

/** Runs a script on the server that has the keys, and sends its text only where that is not known yet. */
export type RunScript = (keys: readonly string[], values: readonly string[]) => Promise<unknown>

/** @throws {MisuseError} where no client is given */
export function createScript(client: RedisScripts, text: string): RunScript {
  checkClient(client, ['evalsha', 'evalSha'])
  const sha1 = hash('sha1', text)
  /** Until then a client may be waiting for its first connection, and commands with it. */
  let wasReady = false

  // A client without this listener ends the process when its connection breaks. Whoever waits for an answer is told.
  client.on('error', () => undefined)

  function byDigest(keys: readonly string[], values: readonly string[]): Promise<unknown> {
    return 'evalsha' in client
      ? client.evalsha(sha1, keys.length, ...keys, ...values)
      : client.evalSha(sha1, { keys: [...keys], arguments: [...values] })
  }

  function byText(keys: readonly string[], values: readonly string[]): Promise<unknown> {
    return 'evalsha' in client
      ? client.eval(text, keys.length, ...keys, ...values)
      : client.eval(text, { keys: [...keys], arguments: [...values] })
  }

  return async (keys, values) => {
    const ready = isReady(client)
    // What is sent now would wait in the client, and be counted when nobody waits for it.
    if (wasReady && !ready) throw new Error('The client is not connected to Redis.')
    wasReady ||= ready
    try {
      return await byDigest(keys, values)
    } catch (error) {
      if (!isUnknown(error)) throw plainly(error)
    }
    return byText(keys, values).catch((error: unknown) => {
      throw plainly(error)
    })
  }
}

function isReady(client: RedisScripts): boolean {
  return 'status' in client ? client.status === 'ready' : client.isReady !== false
}

function isUnknown(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}
