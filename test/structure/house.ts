import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path/posix'
import ts from 'typescript'

/** Files by their path from the root of the project. */
export type Sources = ReadonlyMap<string, string>

/** Folders from the ground up; what stands in one line is on one level. */
const LEVELS: readonly (readonly string[])[] = [
  ['src/lib'],
  ['src/core'],
  ['src/telemetry'],
  ['src/limits', 'src/rules', 'src/http'],
  ['src/keys'],
  ['src/keys/http', 'src/audit', 'src/jwt'],
  ['src/oauth'],
  ['src/oauth/http'],
  ['src/events'],
  ['src/gate'],
  ['src/access', 'src/webhooks'],
  ['src/console'],
  ['src/index', 'src/testing'],
  [
    'adapters/express',
    'adapters/file',
    'adapters/koa',
    'adapters/openapi',
    'adapters/postgres',
    'adapters/providers',
    'adapters/redis',
    'adapters/sqlite',
  ],
  ['cli', 'examples'],
]
const FACES = [
  'src/index.ts',
  'src/access/index.ts',
  'src/webhooks/index.ts',
  'src/testing/index.ts',
  'src/console/index.ts',
  'adapters/express/index.ts',
  'adapters/koa/index.ts',
  'adapters/openapi/index.ts',
  'adapters/file/index.ts',
  'adapters/postgres/index.ts',
  'adapters/providers/index.ts',
  'adapters/redis/index.ts',
  'adapters/sqlite/index.ts',
]
const MAX_LINES = 250
/** Those of frameworks; a store has a database to speak to. */
const MAX_ADAPTER_LINES = 60
const FRAMEWORKS = ['express', 'koa']
/** What an adapter may import beside the front door: the one thing that it adapts, and what it speaks to it with. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  express: ['express'],
  file: ['node:crypto', 'node:fs', 'node:path'],
  koa: ['koa'],
  openapi: ['node:crypto'],
  postgres: ['pg', 'valibot', 'node:crypto', 'node:net', 'node:timers/promises'],
  providers: ['node:fs/promises'],
  redis: ['node:crypto'],
  sqlite: ['node:crypto', 'node:fs', 'valibot'],
}

export function readSources(...folders: readonly string[]): Sources {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  )
  return new Map(files.map((file) => [file, readFileSync(file, 'utf8')]))
}

function roomOf(file: string): string {
  const parts = file.replace(/\.ts$/, '').split('/')
  const [place = '', , within] = parts
  if (['cli', 'examples'].includes(place)) return place
  return parts.slice(0, place === 'src' && within === 'http' ? 3 : 2).join('/')
}

function levelOf(file: string): number {
  return LEVELS.findIndex((rooms) => rooms.includes(roomOf(file)))
}

function importsOf(file: string, text: string): readonly string[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName }) => {
    if (!fileName.startsWith('.')) return fileName
    return normalize(join(dirname(file), fileName)).replace(/\.js$/, '.ts')
  })
}

/** The front door is for who comes from outside: the core takes each thing from where it is made. */
function isFrontDoorFromInside(file: string, target: string): boolean {
  return file.startsWith('src/') && target === 'src/index.ts'
}

/** Imports that do not go down, and files in no room. */
export function findUphill(sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) => {
    if (levelOf(file) === -1) return [`${file} is in no room`]
    return importsOf(file, text)
      .filter((target) => sources.has(target) && roomOf(target) !== roomOf(file))
      .filter((target) => levelOf(target) >= levelOf(file) || isFrontDoorFromInside(file, target))
      .map((target) => `${file} -> ${target}`)
  })
}

/** Circles of imports; types count. */
export function findCircles(sources: Sources): string[] {
  const circles: string[] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    const text = sources.get(file)
    if (text === undefined || done.has(file) || path.includes(file)) return
    for (const target of importsOf(file, text)) walk(target, [...path, file])
    done.add(file)
  }
  for (const file of sources.keys()) walk(file, [])
  return circles
}

/** Whether a file hands on what it did not make: `export ... from`, or an import that it exports. */
function reExports(file: string, text: string): boolean {
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023)
  const imported = statements.filter(ts.isImportDeclaration).flatMap(({ importClause }) => {
    const bindings = importClause?.namedBindings
    const names = bindings && (ts.isNamedImports(bindings) ? bindings.elements : [bindings])
    return [importClause, ...(names ?? [])].map((part) => part?.name?.text)
  })
  return statements.filter(ts.isExportDeclaration).some(({ moduleSpecifier, exportClause }) => {
    if (moduleSpecifier !== undefined) return true
    if (exportClause === undefined || !ts.isNamedExports(exportClause)) return false
    return exportClause.elements.some((part) =>
      imported.includes((part.propertyName ?? part.name).text),
    )
  })
}

function casts(file: string, text: string): boolean {
  const isCast = (node: ts.Node): boolean =>
    ((ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) &&
      !ts.isConstTypeReference(node.type)) ||
    (ts.forEachChild(node, (child) => isCast(child) || undefined) ?? false)
  return isCast(ts.createSourceFile(file, text, ts.ScriptTarget.ES2023))
}

/** Files that are too long, not ASCII, or name themselves faces of a room. */
export function findUnfit(sources: Sources): string[] {
  return [...sources].flatMap(([file, text]) => [
    ...(text.split('\n').length - 1 > MAX_LINES ? [`${file} is too long`] : []),
    ...(/[^\t\n -~]/.test(text) ? [`${file} is not ASCII`] : []),
    ...(reExports(file, text) && !FACES.includes(file) ? [`${file} re-exports`] : []),
  ])
}

/** What an adapter must not do: think, cast, or reach past the front door. */
export function findThickAdapters(sources: Sources): string[] {
  return [...sources]
    .filter(([file]) => file.startsWith('adapters/'))
    .flatMap(([file, text]) => {
      const code = text.split('\n').filter((line) => !/^\s*(?:\/\*\*|\*|\/\/|$)/.test(line))
      // The folder has the name of the one framework or client that it adapts.
      const [, peer = ''] = file.split('/')
      const entries = ['src/index.ts', 'src/access/index.ts', 'src/console/index.ts']
      const known = [...entries, ...(PEERS[peer] ?? [])]
      const beyond = importsOf(file, text).filter(
        (target) => !known.includes(target) && roomOf(target) !== roomOf(file),
      )
      const tooLong = FRAMEWORKS.includes(peer) && code.length > MAX_ADAPTER_LINES
      return [
        ...(tooLong ? [`${file} has ${String(code.length)} lines`] : []),
        ...(casts(file, text) ? [`${file} casts`] : []),
        ...beyond.map((target) => `${file} reaches ${target}`),
      ]
    })
}

/** What is built on the package as users have it: from inside it, only its entries. */
export function findBackDoors(sources: Sources): string[] {
  const inside = /^(?:src|adapters)\//
  return [...sources]
    .filter(([file]) => !inside.test(file))
    .flatMap(([file, text]) =>
      importsOf(file, text)
        .filter((target) => inside.test(target) && !FACES.includes(target))
        .map((target) => `${file} reaches ${target}`),
    )
}

/** Core files that name a framework, a database or a file system. */
export function findForeign(sources: Sources): string[] {
  const allowed =
    /^(?:node:(?:crypto|stream|zlib|net|http|https|dns|assert|diagnostics_channel)|valibot|jose|lru-cache|ipaddr\.js)$/
  return [...sources]
    .filter(([file]) => file.startsWith('src/'))
    .flatMap(([file, text]) =>
      importsOf(file, text)
        .filter((target) => !target.startsWith('src/') && !allowed.test(target))
        .map((target) => `${file} -> ${target}`),
    )
}

/** Schemas that are made when the main entry is loaded, by who needs them or not. */
export function findEagerSchemas(sources: Sources): string[] {
  const apart = /^src\/(?:access|console|testing|webhooks)\//
  return [...sources]
    .filter(([file]) => file.startsWith('src/') && !apart.test(file))
    .filter(([file, text]) =>
      madeAtOnce(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)),
    )
    .map(([file]) => `${file} makes a schema when it is loaded`)
}

function madeAtOnce(node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false
  if (ts.isCallExpression(node) && /^z\s*\./.test(node.expression.getText())) return true
  return ts.forEachChild(node, madeAtOnce) ?? false
}
