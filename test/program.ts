import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'node_modules/.cache/sallyport-test')
/** Modules of packages in CommonJS ask for those of Node by `require`. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

const made = new Map<string, string>()

/**
 * What a test starts in a process of its own, as one file of JavaScript. A process that has to translate its modules
 * itself takes four times as long to start.
 */
export function programOf(source: string): string {
  const known = made.get(source)
  if (known !== undefined) return known
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [source],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external: ['pg-native'],
    banner: { js: REQUIRE },
    logLevel: 'error',
  })
  const { text = '' } = outputFiles[0] ?? {}
  const file = join(FOLDER, `${createHash('sha256').update(text).digest('hex')}.mjs`)
  mkdirSync(FOLDER, { recursive: true })
  // Under its name, the file is whole: other suites may be at it as well.
  const part = `${file}.${String(process.pid)}`
  writeFileSync(part, text)
  renameSync(part, file)
  made.set(source, file)
  return file
}
