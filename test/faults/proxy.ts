import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'

/** Stands between a client and a server, and can lose what goes by. */
export interface Proxy {
  /** The same URL, by way of the proxy. */
  readonly url: string
  /**
   * From now on, both directions of every connection on which the client said this word are lost, and nobody is told. Without a word:
   * of every connection.
   */
  swallow(word?: string): void
  /** From now on, new connections hear nothing of the server for so many milliseconds. */
  slow(ms: number): void
  /** New connections go through again; those that were swallowed end. */
  heal(): void
  close(): Promise<void>
}

/** What a connection is for is said at its beginning. */
const SAID = 10_000

interface Pair {
  readonly client: Socket
  readonly server: Socket
  said: string
}

export async function startProxy(url: string): Promise<Proxy> {
  const target = new URL(url)
  const pairs = new Set<Pair>()
  let swallowed: string | undefined
  let slowness = 0
  const isLost = ({ said }: Pair) => swallowed !== undefined && said.includes(swallowed)

  const front = createServer((client) => {
    const server = connect(Number(target.port), target.hostname)
    const pair: Pair = { client, server, said: '' }
    pairs.add(pair)
    client.on('data', (chunk) => {
      if (pair.said.length < SAID) pair.said += chunk.toString('latin1')
      if (!isLost(pair)) server.write(chunk)
    })
    server.on('data', (chunk) => {
      if (!isLost(pair)) client.write(chunk)
    })
    if (slowness > 0) {
      server.pause()
      setTimeout(() => server.resume(), slowness)
    }
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => {
        if (!isLost(pair)) other.destroy()
        if (other.destroyed) pairs.delete(pair)
      })
    }
  })
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  const here = new URL(url)
  here.hostname = '127.0.0.1'
  here.port = String((front.address() as AddressInfo).port)

  const end = (pair: Pair) => {
    pair.client.destroy()
    pair.server.destroy()
  }
  return {
    url: here.href,
    swallow(word = '') {
      swallowed = word
    },
    slow(ms) {
      slowness = ms
    },
    heal() {
      const lost = [...pairs].filter(isLost)
      swallowed = undefined
      lost.forEach(end)
    },
    async close() {
      pairs.forEach(end)
      front.close()
      await once(front, 'close')
    },
  }
}
