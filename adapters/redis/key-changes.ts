import type { KeyChangeFeed, KeyChangeListener } from '../../src/index.js'
import { createChannel } from './channel.js'
import { checkClient, type RedisPublisher, type RedisSubscriber } from './clients.js'
import { createEcho } from './echo.js'

export interface RedisKeyChangesOptions {
  /** Sends changes. May be the client that the app uses for everything else. */
  readonly publisher: RedisPublisher
  /** Hears changes. A client that subscribes can do nothing else with most servers: give it a connection of its own. */
  readonly subscriber: RedisSubscriber
  /** Default `'sallyport:keys'`. Gates that share a key store share a channel. */
  readonly channel?: string
}

const CHANGED = /^changed (\S{1,128}) ([1-9]\d{0,14})$/

/**
 * Tells the instances of an API through Redis or Valkey which keys were changed: for the option `keys.changes`. The clients stay
 * yours: close them after the gate. Their connection may fail at any time.
 * @example keys: { prefix: 'acme', store, changes: createRedisKeyChanges({ publisher: redis, subscriber: redis.duplicate() }) }
 */
export function createRedisKeyChanges(options: RedisKeyChangesOptions): KeyChangeFeed {
  checkClient(Reflect.get(Object(options), 'publisher'), ['publish'])
  checkClient(Reflect.get(Object(options), 'subscriber'), ['subscribe'])
  const { publisher, subscriber, channel: name = 'sallyport:keys' } = options
  const listeners = new Set<KeyChangeListener>()

  function hear(message: string): void {
    const [, id, version] = CHANGED.exec(message) ?? []
    if (id === undefined) echo.hear(message)
    else for (const listener of listeners) listener.changed({ id, version: Number(version) })
  }

  function onLost(cause: unknown): void {
    const told = [...listeners]
    listeners.clear()
    echo.fail(cause)
    for (const listener of told) listener.lost(cause)
  }

  const channel = createChannel(name, publisher, subscriber, hear, onLost)
  const echo = createEcho(channel.send)

  return {
    async listen(listener) {
      await channel.join()
      listeners.add(listener)
      try {
        await echo.call()
      } catch (error) {
        listeners.delete(listener)
        throw error
      }
      return { catchUp: echo.call, close: () => void listeners.delete(listener) }
    },
    publish: async ({ id, version }) => {
      await channel.send(`changed ${id} ${String(version)}`)
    },
  }
}
