import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { describe } from '@jest/globals'

const REACH_MS = 1_000

/** Where PostgreSQL is, if it is anywhere. */
export const databaseUrl = await reachable(
  process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test',
  5432,
)

/** Where Redis is, if it is anywhere. */
export const redisUrl = await reachable(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379', 6379)

/** The program that runs another one on a terminal of its own: the `script` of util-linux, if it is there. */
export const terminal = programNamed('script', /util-linux/)

function programNamed(name: string, version: RegExp): string | undefined {
  const { stdout } = spawnSync(name, ['--version'], { encoding: 'utf8' }) as {
    stdout: string | null
  }
  return version.test(stdout ?? '') ? name : undefined
}

async function reachable(url: string, defaultPort: number): Promise<string | undefined> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port) || defaultPort, hostname)
  const there = await new Promise<boolean>((resolve) => {
    socket.setTimeout(REACH_MS)
    socket.once('connect', () => {
      resolve(true)
    })
    for (const event of ['error', 'timeout']) {
      socket.once(event, () => {
        resolve(false)
      })
    }
  })
  socket.destroy()
  return there ? url : undefined
}

/** A suite that needs a service, and is skipped where there is none. */
export function describeWith(
  service: string | undefined,
  name: string,
  suite: (url: string) => void,
): void {
  if (service === undefined) {
    describe.skip(name, () => {
      suite('')
    })
  } else {
    describe(name, () => {
      suite(service)
    })
  }
}
