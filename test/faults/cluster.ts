import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '../free-port.js'

/** A PostgreSQL of our own, which may be stopped. */
export interface Cluster {
  readonly url: string
  start(): Promise<void>
  /** At once, as a crash does. */
  stop(): Promise<void>
  /** Stops it and deletes its files. */
  remove(): Promise<void>
}

/** Where the binaries of PostgreSQL are, if they are anywhere. */
export const postgresBinaries: string | undefined = findBinaries()

function findBinaries(): string | undefined {
  const packaged = '/usr/lib/postgresql'
  const versions = existsSync(packaged) ? readdirSync(packaged).sort().reverse() : []
  const folders = [
    ...(process.env['PATH'] ?? '').split(':'),
    ...versions.map((version) => join(packaged, version, 'bin')),
  ]
  return folders.find((folder) => existsSync(join(folder, 'initdb')))
}

/** PostgreSQL does not run as root. */
function someoneElse(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

export async function createCluster(binaries: string): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-postgres-'))
  const user = someoneElse()
  if (user.uid !== undefined && user.gid !== undefined) chownSync(folder, user.uid, user.gid)
  const options = { ...user, cwd: folder, stdio: 'ignore' } as const
  const data = join(folder, 'data')
  const initialise = ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8']
  execFileSync(join(binaries, 'initdb'), initialise, options)
  const port = await freePort()
  let server: ChildProcess | undefined

  async function stop(): Promise<void> {
    if (server === undefined || server.exitCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGQUIT')
    await ended
  }

  return {
    url: `postgres://postgres@127.0.0.1:${String(port)}/postgres`,
    async start() {
      const settings = ['-D', data, '-p', String(port), '-k', folder, '-c', 'fsync=off']
      server = spawn(join(binaries, 'postgres'), settings, options)
      while (!(await answers(port))) await pause(50)
    },
    stop,
    async remove() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (found: boolean) => {
      socket.destroy()
      resolve(found)
    }
    socket.on('connect', () => {
      end(true)
    })
    socket.on('error', () => {
      end(false)
    })
  })
}
