import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import ts from 'typescript'

const ROOT = resolve(import.meta.dirname, '..')

/** Words that the field has another word for, and that word. */
const REPLACED: Readonly<Record<string, string>> = {
  corridor: 'pipeline',
  arrival: 'request context',
  visit: 'request context',
  surroundings: 'context',
  reception: 'request context',
  guesser: 'brute force',
  obstacle: 'error code',
  allowance: 'limit',
  lane: 'queue',
  losses: 'dropped records',
  doubt: 'invalidate',
  spared: 'stale',
  stretch: 'epoch',
  fold: 'aggregate',
  recognised: 'actor',
}

/** Names of the public surface that were replaced: an old example that is found somewhere must not seem to work. */
const OLD_NAMES = [
  ...['tenantMismatch', 'Demand', 'KeyObstacle', 'PolicyVisit', 'RateFields'],
  ...['AuditRest', 'openAuditLine', 'eventsOf', 'RETENTION_DAYS', 'retentionDays', 'KeyRoom'],
  ...['does_not_follow', 'Allowance', 'Standing', 'PruneAuditOptions'],
]
const OLD_OPTIONS = [
  /\bpenalties: /,
  /\bdeny: '/,
  /\bshadow: /,
  /\bgate\.demand\b/,
  /\berrors: (?:flat|nested)/,
]

/** Phrases of our own, for which readers have plainer ones. */
const PHRASES =
  /\b(?:whoever|is none|not said|again is harmless|nobody in particular|belongs? into|how things stand|who tries)\b/gi
/** It quotes the titles of tests. */
const QUOTING = 'docs/standards.md'

const sources = ['src', 'adapters', 'cli', 'examples'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name)),
)
const pages = [
  'README.md',
  'SECURITY.md',
  'ARCHITECTURE.md',
  ...readdirSync(join(ROOT, 'docs'), { encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]
const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8')

/** The words of an identifier or a file's name: `createKeyCache` has three. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
}

function replacedIn(names: Iterable<string>): string[] {
  return [...names].filter((name) =>
    wordsOf(name).some(
      (word) => Object.hasOwn(REPLACED, word.replace(/s$/, '')) || Object.hasOwn(REPLACED, word),
    ),
  )
}

function identifiersOf(text: string): Set<string> {
  const found = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) found.add(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('any.ts', text, ts.ScriptTarget.Latest))
  return found
}

/** The texts in the code of a file. */
function literalsOf(path: string): [string, string][] {
  const found: [string, string][] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push([path, node.text])
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, textOf(path), ts.ScriptTarget.Latest))
  return found
}

function oldIn(text: string): string[] {
  const names = OLD_NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(text))
  return [...names, ...OLD_OPTIONS.filter((option) => option.test(text)).map(String)]
}

describe('the words of the field', () => {
  test('are those of file names', () => {
    expect(replacedIn([...sources, ...pages])).toEqual([])
  })

  test('are those of identifiers', () => {
    const found = sources.flatMap((path) =>
      replacedIn(identifiersOf(textOf(path))).map((name) => `${path}: ${name}`),
    )
    expect(found).toEqual([])
  })

  test('are those of the pages and the examples', () => {
    const found = [...pages, ...sources].flatMap((path) =>
      oldIn(textOf(path)).map((name) => `${path}: ${name}`),
    )
    expect(found).toEqual([])
  })

  test('no page and no help of the command has a phrase of our own', () => {
    const help = sources.filter((path) => path.startsWith('cli')).flatMap(literalsOf)
    const texts = pages.filter((path) => path !== QUOTING).map((path) => [path, textOf(path)])
    const found = [...texts, ...help].flatMap(([path = '', text = '']) =>
      [...text.matchAll(PHRASES)].map(([phrase]) => `${path}: ${phrase}`),
    )
    expect(found).toEqual([])
    expect('20 if not said; whoever asks'.match(PHRASES)).toEqual(['not said', 'whoever'])
  })

  test('control: replaced words are found', () => {
    expect(replacedIn(['createCorridor', 'MAX_DOUBTS', 'pipeline'])).toEqual([
      'createCorridor',
      'MAX_DOUBTS',
    ])
    expect(oldIn("createGate({ penalties: {}, deny: 'next' })")).toEqual([
      ...OLD_OPTIONS.slice(0, 2).map(String),
    ])
  })
})
