import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

const FOLDER = resolve(import.meta.dirname, '../node_modules/.cache/sallyport-test')

/** Where something is kept that is made once for all suites. */
export function cachedPath(name: string): string {
  return resolve(FOLDER, name)
}

/** Under its name, the file is whole: other suites may be at it as well. */
export function writeCached(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  const part = `${path}.${String(process.pid)}`
  writeFileSync(part, content)
  renameSync(part, path)
}
