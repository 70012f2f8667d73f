import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { titlesIn } from './titles.js'

const VECTORS = join(import.meta.dirname, 'vectors')
const page = readFileSync(join(import.meta.dirname, '../docs/standards.md'), 'utf8')

/** What a row says shows it. */
type Proof = readonly [title: string, file: string]

const rows = page.split('\n').filter((line) => /^\| \d{4}/.test(line))
const proofs = rows.map((row): Proof => {
  const [, file = '', title = ''] = /`([\w/-]+\.test\.ts)` `([^`]+)` *\|$/.exec(row) ?? []
  return [title, file]
})

/** What stands in titles where a row of `each` is read from elsewhere: frameworks, and the names of vectors. */
const NAMES: ReadonlySet<string> = new Set([
  'Express',
  'Express 5',
  ...vectorFiles().flatMap(idsIn),
])

function vectorFiles(): string[] {
  return readdirSync(VECTORS, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.json'),
  )
}

function idsIn(file: string): string[] {
  const text = readFileSync(join(VECTORS, file), 'utf8')
  return [...text.matchAll(/"id": ?("(?:[^"\\]|\\.)*")/g)].map(
    ([, id = '']) => JSON.parse(id) as string,
  )
}

const known = new Map<string, ReadonlySet<string>>()

/** Whether a file has a test of this title, whatever stands in it for a name from elsewhere. */
function has(file: string, title: string): boolean {
  const path = join(import.meta.dirname, file)
  if (!existsSync(path)) return false
  const titles = known.get(file) ?? titlesIn(path)
  known.set(file, titles)
  return [...titles].some((each) => each === title || isFilled(each, title))
}

function isFilled(declared: string, title: string): boolean {
  const at = declared.indexOf('%s')
  if (at === -1) return false
  const [before, after] = [declared.slice(0, at), declared.slice(at + 2)]
  const name = title.slice(at, title.length - after.length)
  return title === before + name + after && NAMES.has(name)
}

describe('docs/standards.md', () => {
  test('is read', () => {
    expect(rows.length).toBeGreaterThan(100)
    expect(NAMES.size).toBeGreaterThan(100)
    expect(new Set(proofs.map(([title, file]) => `${file} ${title}`)).size).toBe(rows.length)
  })

  test.each(proofs)('there is a test "%s"', (title, file) => {
    expect([file, has(file, title)]).toEqual([file, true])
  })
})

describe('control: a test that is not there is missed,', () => {
  const [[title, file] = ['', '']] = proofs

  test.each([
    ['of another name', `${title} `, file],
    ['of another vector', 'credentials on the wire no-such-vector', 'vectors/headers.test.ts'],
    ['of another framework', title.replace('Express', 'Fastify'), file],
    ['in another file', title, 'vectors/headers.test.ts'],
    ['in a file that is gone', title, 'jwt/gone.test.ts'],
    ['whose suite is called otherwise', title.replace(/^\S+ /, ''), file],
  ])('%s', (_, other, where) => {
    expect(has(file, title)).toBe(true)
    expect(has(where, other)).toBe(false)
  })
})
