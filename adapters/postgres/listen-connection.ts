import { Socket } from 'node:net'
import type { EmbeddedPostgres, PostgresPool } from './client.js'
import { loadDriver } from './driver.js'
import type { OpenLine } from './feed.js'

/** For the connection and its LISTEN: less than the 3 s after which nobody waits any more. */
const OPEN_MS = 2_000
const KEEP_ALIVE_MS = 1_000

/**
 * A connection of its own, made from the options of a pool: it takes none of the pool's, needs none of them to be free, and its socket can be
 * destroyed whatever state it is in.
 */
export function createPgLine(pool: PostgresPool): OpenLine {
  return async (channels, listener) => {
    const { Client } = await loadDriver()
    const client = new Client(optionsOf(pool))
    let open = false
    const hangUp = () => {
      open = false
      client.connection.stream.destroy()
    }
    const lost = (cause: unknown) => {
      const wasOpen = open
      hangUp()
      if (wasOpen) listener.lost(cause)
    }
    client.on('error', lost)
    client.on('end', () => {
      lost(new Error('The connection that listens has ended.'))
    })
    client.on('notification', ({ channel, payload = '' }) => {
      listener.heard(channel, payload)
    })
    const timer = setTimeout(hangUp, OPEN_MS)
    try {
      await client.connect()
      await client.query(channels.map((channel) => `LISTEN ${channel}`).join('; '))
      if (client.connection.stream.destroyed) throw new Error('The connection has ended.')
      open = true
    } catch (error) {
      hangUp()
      throw error
    } finally {
      clearTimeout(timer)
    }
    const { stream } = client.connection
    if (stream instanceof Socket) stream.unref()
    return {
      notify: (channel, payload) => client.query('SELECT pg_notify($1, $2)', [channel, payload]),
      close: hangUp,
    }
  }
}

function optionsOf({ options }: PostgresPool): object {
  // Passwords are not enumerable there.
  const copy = Object.defineProperties({}, Object.getOwnPropertyDescriptors(options))
  return Object.assign(copy, {
    connectionTimeoutMillis: OPEN_MS,
    statement_timeout: OPEN_MS,
    query_timeout: 0,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  })
}

export function createEmbeddedLine(client: EmbeddedPostgres): OpenLine {
  return async (channels, listener) => {
    const ends: (() => Promise<void>)[] = []
    for (const channel of channels) {
      const heard = (payload: string) => {
        listener.heard(channel, payload)
      }
      ends.push(await client.listen(channel, heard))
    }
    return {
      notify: (channel, payload) => client.query('SELECT pg_notify($1, $2)', [channel, payload]),
      async close() {
        for (const end of ends) await end()
      },
    }
  }
}
