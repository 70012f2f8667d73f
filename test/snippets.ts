import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build, type Plugin } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '..')

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

/** The name of the package leads to its sources; all else is in `node_modules`. */
const sources: Plugin = {
  name: 'sources',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path }) => {
      const found = /^sallyport(\/\w+)?$/.exec(path)
      if (found === null) return { external: true }
      const place = ['src', 'adapters'].map((folder) => join(ROOT, folder + (found[1] ?? '')))
      return { path: join(place.find((each) => existsSync(each)) ?? path, 'index.ts') }
    })
  },
}

/** By code and kind of module: the same code is run more than once. */
const bundles = new Map<string, Promise<string>>()

/** Code with what it uses of the package. A process that translates its modules itself takes three times as long to start. */
function bundleOf(code: string, extension: string): Promise<string> {
  const format = extension.startsWith('.c') ? 'cjs' : 'esm'
  const key = `${format} ${code}`
  const made =
    bundles.get(key) ??
    build({
      ...{ stdin: { contents: code, loader: 'ts', resolveDir: ROOT }, plugins: [sources] },
      ...{ bundle: true, write: false, platform: 'node', target: 'node20.19', format },
    }).then(({ outputFiles: [file] }) => file?.text ?? '')
  bundles.set(key, made)
  return made
}

/** Runs code that prints a line of JSON once it is ready, outside of the package, as the code of a user is. */
export async function runSnippet(
  name: string,
  code: string,
  env: NodeJS.ProcessEnv = {},
): Promise<RunningSnippet> {
  const folder = mkdtempSync(join(tmpdir(), 'snippet-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
  const file = join(folder, name.replace(/ts$/, 'js'))
  writeFileSync(file, await bundleOf(code, extname(name)))
  const child = spawn(process.execPath, [file], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: '', ...env },
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
