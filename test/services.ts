import { connect } from 'node:net'
import { describe } from '@jest/globals'

async function reachable(url: string): Promise<string | undefined> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    const end = (found: boolean) => {
      socket.destroy()
      resolve(found ? url : undefined)
    }
    socket.setTimeout(1_000, () => {
      end(false)
    })
    socket.on('connect', () => {
      end(true)
    })
    socket.on('error', () => {
      end(false)
    })
  })
}

export const databaseUrl: string | undefined = await reachable(
  process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test',
)
export const redisUrl: string | undefined = await reachable(
  process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379',
)

/** A suite that is skipped where its service is not there. */
export function describeWith(
  service: string | undefined,
  name: string,
  suite: (url: string) => void,
): void {
  if (service === undefined)
    describe.skip(name, () => {
      suite('')
    })
  else
    describe(name, () => {
      suite(service)
    })
}
