import { spawn, type ChildProcess } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { programOf } from '../program.js'

const ROOT = resolve(import.meta.dirname, '../..')

/** What a process has said and how it ended. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Command {
  /** A folder for the files of a test. */
  readonly folder: string
  /** Runs the command to its end, in its folder. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv, input?: string): Promise<Ended>
  /** Starts the command; with its standard input open where `input` is `'open'`. */
  start(args: readonly string[], env?: NodeJS.ProcessEnv, input?: 'open'): ChildProcess
  /** Starts the command on a terminal of 72 columns, where all that it writes is in `stdout`, and `stdin` are the keys that are pressed. */
  startOnTerminal(args: readonly string[], env?: NodeJS.ProcessEnv): ChildProcess
  /** How a process that was started ends. */
  ended(child: ChildProcess): Promise<Ended>
  remove(): void
}

/** The command in a package of its own, and run from there, in one file: `npm run package:check` starts it as users have it. */
export function buildCommand(): Command {
  const home = mkdtempSync(join(tmpdir(), 'sallyport-cli-'))
  cpSync(join(ROOT, 'package.json'), join(home, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'))
  cpSync(programOf(join(ROOT, 'cli/index.ts')), join(home, 'dist/cli.js'))
  const folder = mkdtempSync(join(home, 'work-'))
  const PATH = process.env['PATH']
  const program = join(home, 'dist/cli.js')

  function start(args: readonly string[], env: NodeJS.ProcessEnv = {}, input?: 'open') {
    return spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env: { PATH, ...env },
      stdio: [input === 'open' ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    })
  }

  return {
    folder,
    start,
    startOnTerminal(args, env = {}) {
      const words = [process.execPath, program, ...args].map((word) => `'${word}'`)
      const line = `stty cols 72 rows 24; exec ${words.join(' ')}`
      return spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
        cwd: folder,
        env: { PATH, SHELL: '/bin/sh', TERM: 'xterm-256color', ...env },
        stdio: 'pipe',
      })
    },
    ended,
    async run(args, env, input) {
      const child = start(args, env, input === undefined ? undefined : 'open')
      child.stdin?.end(input)
      return ended(child)
    },
    remove() {
      rmSync(home, { recursive: true })
    },
  }
}

function ended(child: ChildProcess): Promise<Ended> {
  let out = ''
  let err = ''
  child.stdout?.on('data', (piece: Buffer) => (out += piece.toString()))
  child.stderr?.on('data', (piece: Buffer) => (err += piece.toString()))
  return new Promise((settle, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      settle({ code, out, err })
    })
  })
}
