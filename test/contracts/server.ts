import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { programOf } from '../program.js'

const ROOT = resolve(import.meta.dirname, '../..')
const TRIES = 5

/** An example, running in a process of its own. */
export interface RunningExample {
  readonly url: string
  readonly credentials: Readonly<Record<string, string>>
  /** Absent in production. */
  readonly console?: { readonly url: string; readonly signIn: string }
  /** All that it wrote on stdout. */
  readonly output: () => string
  /** The same on stderr. */
  readonly complaints: () => string
  readonly stop: () => Promise<void>
}

type Options = readonly [
  system: string,
  framework: string,
  env?: NodeJS.ProcessEnv,
  ...more: readonly string[],
]

/** Started by the very command of the README. */
export function startAsInReadme(...options: Options): Promise<RunningExample> {
  return start('npm', ['run', '--silent', 'example', '--'], options)
}

/** The same without npm and the translation of each module: in a third of the time. Again where the machine was too busy for a database to answer in time. */
export async function startExample(...options: Options): Promise<RunningExample> {
  const program = [programOf(join(ROOT, 'examples/run.ts'))]
  for (let left = TRIES; ; left--) {
    try {
      return await start(process.execPath, program, options)
    } catch (error) {
      if (left === 1 || !String(error).includes('did not answer within 250 ms')) throw error
    }
  }
}

async function start(
  program: string,
  first: readonly string[],
  [system, framework, env = {}, ...more]: Options,
): Promise<RunningExample> {
  const args = [...first, system, '--framework', framework, '--port', '0', '--json', ...more]
  const child = spawn(program, args, {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, to be ended as a terminal does it: npm starts a shell, and that the example.
    detached: true,
    env: withoutNpm({ ...process.env, ...env }),
  })
  const lines: string[] = []
  let complaints = ''
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line))
  child.stderr.on('data', (chunk) => (complaints += String(chunk)))
  const [line] = (await Promise.race([once(reader, 'line'), once(reader, 'close')])) as [string?]
  if (line === undefined) throw new Error(`${system} did not start. ${complaints}`)
  const started = JSON.parse(line) as Pick<RunningExample, 'url' | 'credentials' | 'console'>
  return {
    ...started,
    output: () => lines.join('\n'),
    complaints: () => complaints,
    async stop() {
      process.kill(-Number(child.pid), 'SIGTERM')
      await once(child, 'close')
    },
  }
}

/** What npm sets for its scripts would go before the settings of this project: the tests are such a script themselves. */
function withoutNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name)))
}
