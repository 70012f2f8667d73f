import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** An example, running as a process of its own. */
export interface RunningExample {
  readonly url: string
  readonly credentials: Readonly<Record<string, string>>
  /** All that it wrote on stdout. */
  readonly output: () => string
  readonly stop: () => Promise<void>
}

export async function startExample(
  system: string,
  framework: string,
  env: NodeJS.ProcessEnv = {},
): Promise<RunningExample> {
  const command = ['--import', 'tsx', 'examples/run.ts', system, '--framework', framework]
  const child = spawn(process.execPath, [...command, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  })
  const lines: string[] = []
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line))
  const [line] = (await once(reader, 'line')) as [string]
  const started = JSON.parse(line) as Pick<RunningExample, 'url' | 'credentials'>
  return {
    ...started,
    output: () => lines.join('\n'),
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
