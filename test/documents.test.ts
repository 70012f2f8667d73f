import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import ts from 'typescript'
import { createGate, createMemoryKeyStore, GRANT, MisuseError, nestedErrors } from 'sallyport'
import { authOf, guard, keyEndpoints, tenantOf } from 'sallyport/express'
import { OPTION_NAMES } from '../src/options/schema.js'
import { REASONS } from '../src/respond/reasons.js'

const ROOT = resolve(import.meta.dirname, '..')
const PAGES = [...markdownIn(''), ...markdownIn('docs/')]

const ENTRIES: Readonly<Record<string, string>> = {
  sallyport: 'src/index.ts',
  'sallyport/express': 'adapters/express/index.ts',
  'sallyport/file': 'adapters/file/index.ts',
  'sallyport/koa': 'adapters/koa/index.ts',
  'sallyport/postgres': 'adapters/postgres/index.ts',
  'sallyport/redis': 'adapters/redis/index.ts',
  'sallyport/sqlite': 'adapters/sqlite/index.ts',
  'sallyport/testing': 'src/testing/index.ts',
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => folder + name)
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

interface Block {
  readonly language: string
  readonly text: string
  /** Where it begins, for messages. */
  readonly at: string
}

function blocksOf(page: string): Block[] {
  const text = read(page)
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    at: `${page}:${String(text.slice(0, match.index).split('\n').length)}`,
  }))
}

function proseOf(page: string): string {
  return read(page).replace(/^```\w*\n.*?^```$/gms, '')
}

/** Headings with what stands below each, up to the next one of the same or a higher level. */
function sectionsOf(page: string, level: number): Map<string, string> {
  const parts = proseOf(page).split(/^(?=#{1,6} )/m)
  const sections = new Map<string, string>()
  let current: string | undefined
  for (const part of parts) {
    const [, marks = '', title = ''] = /^(#+) (.*)$/m.exec(part) ?? []
    if (marks.length === level) current = title
    else if (marks.length < level) current = undefined
    if (current !== undefined) sections.set(current, (sections.get(current) ?? '') + part)
  }
  return sections
}

function namesIn(page: string): string[] {
  return [...sectionsOf(page, 3).keys()].sort()
}

/** The anchor that a heading gets where the pages are read. */
function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

/** One program over the sources and all `ts` blocks: what each costs alone would be paid many times. */
function createDocumentProgram(blocks: ReadonlyMap<string, string>): ts.Program {
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent({ ...config.config, files: [] }, ts.sys, ROOT)
  const relaxed = { ...options, noUnusedLocals: false, noUnusedParameters: false }
  const host = ts.createCompilerHost(relaxed)
  const { fileExists, readFile } = host
  host.fileExists = (path) => blocks.has(path) || fileExists(path)
  host.readFile = (path) => blocks.get(path) ?? readFile(path)
  const entries = Object.values(ENTRIES).map((path) => join(ROOT, path))
  return ts.createProgram([...entries, ...blocks.keys()], relaxed, host)
}

const PRESENT = PAGES.flatMap(blocksOf).filter(({ language }) => language === 'ts')
const WRONG = [
  "import { createGate } from 'sallyport'\ncreateGate({ environment: 'live' })\n",
  "import { guard } from 'sallyport/nowhere'\nguard()\n",
]
const FILES = new Map(
  [...PRESENT.map(({ text }) => text), ...WRONG].map((text, index) => [
    join(ROOT, `document-block-${String(index)}.ts`),
    text,
  ]),
)
const program = createDocumentProgram(FILES)
const checker = program.getTypeChecker()

function complaints(index: number): string[] {
  const file = program.getSourceFile(join(ROOT, `document-block-${String(index)}.ts`))
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ start = 0, messageText }) => {
      const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1
      return `line ${String(line)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    },
  )
}

/** Every export with whether it is a type alone. */
function exportsOf(entry: string): Map<string, boolean> {
  const file = program.getSourceFile(join(ROOT, entry))
  const module = file && checker.getSymbolAtLocation(file)
  if (module === undefined) throw new Error(`${entry} is not a module`)
  return new Map(
    checker.getExportsOfModule(module).map((symbol) => {
      const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      return [symbol.name, (own.flags & ts.SymbolFlags.Value) === 0]
    }),
  )
}

function typeNamed(name: string): ts.Type {
  const file = program.getSourceFile(join(ROOT, 'src/index.ts'))
  const module = file && checker.getSymbolAtLocation(file)
  const symbol = module && checker.getExportsOfModule(module).find((each) => each.name === name)
  if (symbol === undefined) throw new Error(`${name} is not exported`)
  return checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(symbol))
}

/** The members of a union of strings. */
function codesOf(name: string): string[] {
  const type = typeNamed(name)
  if (!type.isUnion()) throw new Error(`${name} is not a union`)
  return type.types.map((each) => (each.isStringLiteral() ? each.value : '?')).sort()
}

function propertiesOf(name: string, group = ''): string[] {
  return checker.getPropertiesOfType(typeNamed(name)).map((property) => group + property.name)
}

describe('the pages have everything, and nothing else', () => {
  test('options', () => {
    expect(namesIn('docs/options.md')).toEqual([...OPTION_NAMES].sort())
  })

  test('options that are checked are options that are declared', () => {
    const declared = [
      ...propertiesOf('GateOptions'),
      ...propertiesOf('KeyOptions', 'keys.'),
      ...propertiesOf('CredentialOptions', 'credentials.'),
      ...propertiesOf('LimitOptions', 'limits.'),
      ...propertiesOf('AuditOptions', 'audit.'),
      ...propertiesOf('IssuerOptions', 'issuers.'),
      ...propertiesOf('IntrospectionOptions', 'introspection.'),
      ...propertiesOf('TokenOptions', 'tokens.'),
    ]
    expect(declared.sort()).toEqual([...OPTION_NAMES].sort())
  })

  test.each([
    ['Reason', 'docs/reasons.md'],
    ['MisuseCode', 'docs/misuse.md'],
    ['KeyObstacle', 'docs/keys.md'],
  ])('every %s in %s', (type, page) => {
    expect(codesOf(type).length).toBeGreaterThan(1)
    expect(namesIn(page)).toEqual(codesOf(type))
  })

  test.each(Object.entries(REASONS))('what reason %s is on the wire', (reason, row) => {
    const challenge =
      row.challenge === undefined
        ? 'no challenge'
        : row.challenge === null
          ? 'a challenge without error'
          : `challenge \`${row.challenge}\``
    const retry = row.retryAfter === 1 ? ', Retry-After 1 second' : ''
    const line = `Status ${String(row.status)}, code \`${row.code}\`, ${challenge}${retry}.`
    const section = sectionsOf('docs/reasons.md', 3).get(reason)
    expect(section?.split('\n')).toContain(line)
    expect(section).toMatch(/^- Meaning: .+\n(?:.+\n)*- Client: .+\n(?:.+\n)*- Operator: .+/m)
  })

  test.each(Object.entries(ENTRIES))('exports of %s', (name, entry) => {
    const section = sectionsOf('docs/exports.md', 2).get(name) ?? ''
    const rows = [...section.matchAll(/^\| `(\w+)` +\| (type: )?\S/gm)].map(
      ([, exported = '', type]) => [exported, type !== undefined] as const,
    )
    expect(rows.length).toBeGreaterThan(1)
    expect([...rows].sort()).toEqual([...exportsOf(entry)].sort())
  })

  test('no entry point is left out', () => {
    const { exports } = JSON.parse(read('package.json')) as { exports: object }
    const named = Object.keys(exports).filter((path) => !/augment|package\.json/.test(path))
    expect(named.map((path) => path.replace('.', 'sallyport')).sort()).toEqual(
      Object.keys(ENTRIES).sort(),
    )
    expect([...sectionsOf('docs/exports.md', 2).keys()].sort()).toEqual(Object.keys(ENTRIES).sort())
  })
})

const GATE = createGate({
  environment: ['live', 'test'],
  keys: { prefix: 'acme' },
  scopes: ['read:patients'],
})
const KEY = { name: 'CI', ownerId: 'org_1', environment: 'live' }
const OPTIONS = { environment: 'live', keys: { prefix: 'acme' }, scopes: [] }
const { usageOf: _, ...withoutUsage } = createMemoryKeyStore()
const FRUGAL = createGate({ ...OPTIONS, keys: { prefix: 'acme', store: withoutUsage } })

const PLANS = { free: { access: false }, pro: { quota: { limit: 1_000, window: '1h' } } } as const
const LIMITED = createGate({ ...OPTIONS, plans: PLANS })

/** What provokes each message that docs/misuse.md shows. */
const MISTAKES: Readonly<Record<string, readonly (() => unknown)[]>> = {
  unknown_option: [
    () => createGate({ enviroment: 'live' } as never),
    () => GATE.demand({ scope: ['read:patients'] } as never),
    () => nestedErrors({ docUrl: 'https://acme.example' } as never),
  ],
  invalid_option: [
    () => createGate({ ...OPTIONS, keys: { prefix: 'ACME' } }),
    () => createGate({ ...OPTIONS, trustProxy: ['proxy'] }),
    () => GATE.demand({ scopes: 'read:patients' } as never),
    () => guard(OPTIONS as never),
    () => keyEndpoints(GATE, { scopes: [] }),
  ],
  unknown_scope: [() => GATE.demand({ scopes: ['read:patiens' as never] })],
  unknown_environment: [
    () => GATE.keys.create({ name: 'CI', ownerId: 'org_1' }),
    () => GATE.keys.create({ ...KEY, environment: 'tst' }),
  ],
  unknown_plan: [
    () => createGate({ ...OPTIONS, plans: PLANS, limits: { defaultPlan: 'prp' } }),
    () => LIMITED.keys.create(KEY),
    () => LIMITED.keys.create({ ...KEY, plan: 'gold' }),
  ],
  unknown_reason: [() => nestedErrors({ words: { key_expird: {} } as never })],
  invalid_key_input: [
    () => GATE.keys.create({ ...KEY, owner: 'org_1' } as never),
    () => GATE.keys.create({ ...KEY, allowedIps: ['10.0.0.0/99'] }),
    () => GATE.keys.rotate('key_1', { gracePeriod: 'soon' as never }),
    () => GATE.keys.import({ ...KEY } as never),
  ],
  not_supported: [
    () => FRUGAL.keys.usage('key_1'),
    () => GATE.tokens.exchange('acme_live_sk_x'),
    () => GATE.audit.query(),
  ],
  not_guarded: [
    () => authOf({ rawHeaders: [], socket: {} } as never),
    () => tenantOf({ [GRANT]: {} } as never),
  ],
}

async function complaintOf(mistake: () => unknown): Promise<unknown> {
  try {
    await mistake()
  } catch (error) {
    if (error instanceof MisuseError) return [error.code, error.message]
    throw error
  }
  return 'accepted'
}

describe('the pages are true', () => {
  test.each([...sectionsOf('docs/misuse.md', 3)])(
    'the messages of %s are those that its mistakes make',
    async (code, section) => {
      const shown = [...section.matchAll(/^ {4}(\S.*)$/gm)].map(([, message]) => [code, message])
      expect(shown).not.toEqual([])
      expect(await Promise.all((MISTAKES[code] ?? []).map(complaintOf))).toEqual(shown)
    },
  )

  test('there are blocks of code to check', () => {
    expect(PRESENT.length).toBeGreaterThan(5)
  })

  test.each(PRESENT.map(({ at }, index) => [at, index] as const))('%s compiles', (_at, index) => {
    expect(complaints(index)).toEqual([])
  })

  test.each(WRONG.map((_text, index) => PRESENT.length + index))(
    'a block that is wrong is found: %s',
    (index) => {
      expect(complaints(index)).not.toEqual([])
    },
  )

  test.each(PAGES)('every link of %s leads somewhere', (page) => {
    const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(ROOT, target))) return true
      return anchor !== undefined && !anchorsOf(target).includes(anchor)
    })
    expect(broken).toEqual([])
  })

  test.each(PAGES)('every npm script named in %s exists', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const named = [...read(page).matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(start|test)\b)/g)]
    const missing = named.map(([, run, short]) => run ?? short ?? '').filter((n) => !(n in scripts))
    expect(missing).toEqual([])
  })

  test('every path named in ARCHITECTURE.md exists, and every room has its row', () => {
    const text = proseOf('ARCHITECTURE.md')
    const named = [...text.matchAll(/`((?:src|adapters|docs|test)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    )
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    const rooms = ['src', 'adapters'].flatMap((place) =>
      readdirSync(join(ROOT, place), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${place}/${name}/`),
    )
    expect(rooms.filter((room) => !text.includes(`| \`${room}\``))).toEqual([])
  })
})
