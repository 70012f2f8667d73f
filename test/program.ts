import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { cachedPath, writeCached } from './cached.js'

const ROOT = resolve(import.meta.dirname, '..')
/** Modules of packages in CommonJS ask for those of Node by `require`. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

/** What was made, and of which files as they were then. */
interface Made {
  readonly file: string
  readonly states: Readonly<Record<string, string>>
}

/**
 * What a test starts in a process of its own, as one file of JavaScript. A process that has to translate its modules
 * itself takes four times as long to start. It is made once for all suites, and anew when something in it has changed.
 */
export function programOf(source: string): string {
  const note = cachedPath(`${digestOf(resolve(ROOT, source))}.json`)
  return (madeBefore(note) ?? make(source, note)).file
}

function madeBefore(note: string): Made | undefined {
  try {
    const made = JSON.parse(readFileSync(note, 'utf8')) as Made
    const isSame = Object.entries(made.states).every(([path, state]) => stateOf(path) === state)
    return isSame && statSync(made.file).isFile() ? made : undefined
  } catch {
    return undefined
  }
}

function make(source: string, note: string): Made {
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [source],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external: ['pg-native'],
    banner: { js: REQUIRE },
    logLevel: 'error',
  })
  const { text = '' } = outputFiles[0] ?? {}
  const file = cachedPath(`${digestOf(text)}.mjs`)
  const states = Object.fromEntries(
    Object.keys(metafile.inputs).map((path) => [path, stateOf(path)]),
  )
  writeCached(file, text)
  writeCached(note, JSON.stringify({ file, states }))
  return { file, states }
}

function stateOf(path: string): string {
  const { size, mtimeMs } = statSync(join(ROOT, path))
  return `${String(size)} ${String(mtimeMs)}`
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
