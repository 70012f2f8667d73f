import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../../free-port.js'

const BINARY = 'redis-server'

/** The program, if it is there. */
export const redisServer = spawnSync(BINARY, ['--version']).status === 0 ? BINARY : undefined

/** A Redis of the test's own, for whatever may happen to it. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Suspends the process: its connections stay open and silent. */
  freeze(): void
  thaw(): void
  kill(): Promise<void>
  /** On the same port, after `kill`. */
  restart(): Promise<void>
}

/** @param options Of the command line, beside those that make it small and quiet. */
export async function startRedis(...options: readonly string[]): Promise<RedisServer> {
  const port = await freePort()
  let child = await launch(port, options)

  return {
    port,
    url: `redis://127.0.0.1:${String(port)}`,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGKILL')
      await gone
    },
    async restart() {
      child = await launch(port, options)
    },
  }
}

async function launch(port: number, more: readonly string[]) {
  // A replica writes what it was sent to a file there: another server would begin with it.
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-redis-'))
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const child = spawn(BINARY, [...own, ...more], { stdio: ['ignore', 'pipe', 'ignore'] })
  child.once('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  for await (const line of createInterface({ input: child.stdout })) {
    if (/ready to accept/i.test(line)) {
      child.stdout.resume()
      return child
    }
  }
  throw new Error(`${BINARY} did not start`)
}
