/** The code of the pages, as files. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HOME } from './place.js'

const DOCS = readdirSync(join(HOME, 'docs')).filter((name) => name.endsWith('.md'))

export const PAGES = ['README.md', ...DOCS.map((name) => `docs/${name}`)]

/** Names and code. A block that begins with the name of a file has that name, and others may import it. */
export function snippetsOf(page) {
  const blocks = readFileSync(join(HOME, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)
  return [...blocks].map(([, code], index) => {
    const [, name] = /^\/\/ ([\w.]+\.ts)\n/.exec(code) ?? []
    return [name ?? `${page.replace(/^docs\/|\.md$/g, '')}-${String(index)}.ts`, code]
  })
}
