import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { programOf } from '../../program.js'

const CHILD = join(import.meta.dirname, 'child.ts')

/** A process that runs a task of `child.ts`. */
export interface Child {
  /** The next thing that it says; `undefined` once it has ended. */
  readonly next: () => Promise<unknown>
  readonly tell: (value: unknown) => void
  readonly kill: () => void
  /** Resolves to the exit code, or the signal, with which it ended. */
  readonly ended: Promise<unknown>
}

/** Starts a task, and waits until it is ready where it says so. */
export function start(task: string, ...args: readonly string[]): Child {
  const child = spawn(process.execPath, [programOf(CHILD), task, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    async next() {
      const line: IteratorResult<string, undefined> = await lines.next()
      return line.done === true ? undefined : (JSON.parse(line.value) as unknown)
    },
    tell(value) {
      child.stdin.write(`${JSON.stringify(value)}\n`)
    },
    kill() {
      child.kill('SIGKILL')
    },
    ended: once(child, 'exit').then(([code, signal]: unknown[]) => code ?? signal),
  }
}
