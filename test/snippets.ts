import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const ROOT = resolve(import.meta.dirname, '..')
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

/** The blocks of a page that are in this language. */
export function codeIn(page: string, language: string): string[] {
  const fenced = page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))
  return [...fenced].map(([, code = '']) => code)
}

export interface RunningSnippet {
  readonly folder: string
  /** Members of the line of JSON that the code prints. */
  readonly told: Readonly<Record<string, unknown>>
  /** Resolves to the code that it ends with; `null` where the signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** Runs code that prints a line of JSON once it is ready, outside of the package, as the code of a user is: there, its name leads to the sources by tsconfig.json alone. */
export async function runSnippet(
  name: string,
  code: string,
  env: NodeJS.ProcessEnv = {},
): Promise<RunningSnippet> {
  const folder = mkdtempSync(join(tmpdir(), 'snippet-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
  const file = join(folder, name)
  writeFileSync(file, code)
  const child = spawn(process.execPath, ['--import', LOADER, file], {
    cwd: folder,
    env: {
      ...{ ...process.env, NODE_ENV: '', TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.json') },
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true })
    return child.exitCode
  }
  try {
    return { folder, told: await toldBy(child), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The line of JSON that the code was made to print; whatever else it prints is the code's own. */
async function toldBy(child: ChildProcess): Promise<Record<string, unknown>> {
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes')
  let complaint = ''
  child.stderr.on('data', (chunk) => (complaint += String(chunk)))
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('{')) return JSON.parse(line) as Record<string, unknown>
  }
  throw new Error(`The code ended before it was ready. ${complaint}`)
}
