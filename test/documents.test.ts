import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import ts from 'typescript'
import {
  createGate,
  createMemoryKeyStore,
  DENIAL_CHECKS,
  ERROR_CODES,
  GRANT,
  MisuseError,
  nestedErrors,
  gateRequestOf,
} from 'sallyport'
import { authOf, guard, keyEndpoints, tenantOf } from 'sallyport/express'
import { createTestGate } from 'sallyport/testing'
import { OPTION_NAMES } from '../src/gate/options-schema.js'
import { REASONS } from '../src/http/reasons.js'
import { readSources } from './structure/house.js'

const ROOT = resolve(import.meta.dirname, '..')
const DECISIONS = 'docs/decisions/'
const PAGES = [...markdownIn(''), ...markdownIn('docs/'), ...markdownIn(DECISIONS)]
const DECISION_PAGES = PAGES.filter((page) => /^docs\/decisions\/\d{3}-/.test(page))

const ENTRIES: Readonly<Record<string, string>> = {
  sallyport: 'src/index.ts',
  'sallyport/console': 'src/console/index.ts',
  'sallyport/access': 'src/access/index.ts',
  'sallyport/webhooks': 'src/webhooks/index.ts',
  'sallyport/express': 'adapters/express/index.ts',
  'sallyport/file': 'adapters/file/index.ts',
  'sallyport/koa': 'adapters/koa/index.ts',
  'sallyport/postgres': 'adapters/postgres/index.ts',
  'sallyport/openapi': 'adapters/openapi/index.ts',
  'sallyport/providers': 'adapters/providers/index.ts',
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
  const relaxed = {
    ...{ ...options, noUnusedLocals: false, noUnusedParameters: false },
    // As `nest new` writes them.
    ...{ experimentalDecorators: true, emitDecoratorMetadata: true, erasableSyntaxOnly: false },
    declaration: true,
  }
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
  "import { mixin } from '@nestjs/common'\nexport const a = () => mixin(class { private b = 1 })\n",
]
const TEXTS = [...PRESENT.map(({ text }) => text), ...WRONG]
/** A block that begins with the name of a file can be imported by others. */
const PATHS = TEXTS.map((text, index) => {
  const [, name = `document-block-${String(index)}.ts`] =
    /^\/\/ ((?:src\/|test\/)?[\w.-]+\.ts)\n/.exec(text) ?? []
  return join(ROOT, name)
})
const FILES = new Map(TEXTS.map((text, index) => [PATHS[index] ?? '', text]))
const program = createDocumentProgram(FILES)
const checker = program.getTypeChecker()

function complaints(index: number): string[] {
  const file = program.getSourceFile(PATHS[index] ?? '')
  return [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
    // NestJS apps are built with declarations.
    ...(/@nestjs/.test(TEXTS[index] ?? '') ? program.getDeclarationDiagnostics(file) : []),
  ].map(({ start = 0, messageText }) => {
    const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1
    return `line ${String(line)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
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
  const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  return checker.getDeclaredTypeOfSymbol(own)
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
    expect(namesIn('docs/options.md')).toEqual([...OPTION_NAMES()].sort())
  })

  test('what an error format is given', () => {
    const table = sectionsOf('docs/http.md', 2).get('Error formats') ?? ''
    const [, rows = ''] = /^\| field of `ErrorContext`.*?\n(.*?)\n\n/ms.exec(table) ?? []
    const fields = [...rows.matchAll(/^\| `(\w+)`/gm)].map(([, field]) => field)
    expect(fields.sort()).toEqual(propertiesOf('ErrorContext').sort())
  })

  test('options that are checked are options that are declared', () => {
    const declared = [
      ...propertiesOf('GateOptions'),
      ...propertiesOf('EnvironmentMap', 'environment.'),
      ...propertiesOf('EnvironmentOptions', 'environment.'),
      ...propertiesOf('KeyOptions', 'keys.'),
      ...propertiesOf('CredentialOptions', 'credentials.'),
      ...propertiesOf('BruteForceOptions', 'bruteForce.'),
      ...propertiesOf('LimitOptions', 'limits.'),
      ...propertiesOf('AuditOptions', 'audit.'),
      ...propertiesOf('IssuerOptions', 'issuers.'),
      ...propertiesOf('IntrospectionOptions', 'introspection.'),
      ...propertiesOf('TokenOptions', 'tokens.'),
      ...propertiesOf('ReminderOptions', 'reminders.'),
    ]
    expect(declared.sort()).toEqual([...OPTION_NAMES()].sort())
  })

  test.each([
    ['Reason', 'docs/reasons.md'],
    ['MisuseCode', 'docs/misuse.md'],
    ['KeyErrorCode', 'docs/keys.md'],
  ])('every %s in %s', (type, page) => {
    expect(codesOf(type).length).toBeGreaterThan(1)
    expect(namesIn(page)).toEqual(codesOf(type))
  })

  test('every class of error and its codes in docs/errors.md', () => {
    const rows = [
      ...readFileSync('docs/errors.md', 'utf8').matchAll(/^\| `(\w+Error)` +\| (.*?) *\|/gm),
    ]
    expect(rows.map(([, name]) => name).sort()).toEqual(
      [...Object.keys(ERROR_CODES), 'DeniedError'].sort(),
    )
    for (const [, name = '', said = ''] of rows) {
      const codes = new Map<string, readonly string[]>(Object.entries(ERROR_CODES)).get(name) ?? []
      if (codes.length === 1) expect(said).toBe(`\`${codes.join()}\``)
    }
  })

  test('every check of a denial in docs/reasons.md', () => {
    const section = sectionsOf('docs/reasons.md', 2).get('Causes') ?? ''
    const [, ...named] = [...section.matchAll(/^\| `(\w+)` +\| \S/gm)].map(([, name = '']) => name)
    expect(named).toEqual([...DENIAL_CHECKS])
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
const ANONYMOUS = { method: 'GET', url: '/', rawHeaders: [], peer: { encrypted: true } }
const OPTIONS = { environment: 'live', keys: { prefix: 'acme' }, scopes: [] }
const { usageOf: _, outbox: __, ...withoutUsage } = createMemoryKeyStore()
const FRUGAL = createGate({ ...OPTIONS, keys: { prefix: 'acme', store: withoutUsage } })

const PLANS = { free: { access: false }, pro: { quota: { limit: 1_000, window: '1h' } } } as const
const LIMITED = createGate({ ...OPTIONS, plans: PLANS })

function inProduction(mistake: () => unknown): unknown {
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = 'production'
  try {
    return mistake()
  } finally {
    process.env['NODE_ENV'] = before
  }
}

/** What provokes each message that docs/misuse.md shows. */
const MISTAKES: Readonly<Record<string, readonly (() => unknown)[]>> = {
  unknown_option: [
    () => createGate({ enviroment: 'live' } as never),
    () => GATE.requirement({ scope: ['read:patients'] } as never),
    () => nestedErrors({ docUrl: 'https://acme.example' } as never),
  ],
  invalid_option: [
    () => createGate({ ...OPTIONS, keys: { prefix: 'ACME' } }),
    () => createGate({ ...OPTIONS, trustProxy: ['proxy'] }),
    () => GATE.requirement({ scopes: 'read:patients' } as never),
    () => guard(OPTIONS as never),
    () => GATE.check({ method: 'GET' } as never),
    () => keyEndpoints(GATE, { scopes: [] }),
    () => gateRequestOf(undefined as never),
  ],
  unknown_scope: [
    () => GATE.requirement({ scopes: ['read:patiens' as never] }),
    () => GATE.as({ subject: 'ann', ownerId: 'org_1', scopes: ['read:patiens' as never] }),
  ],
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
    () => GATE.keys.create({} as never),
    () => GATE.keys.revoke(undefined as never),
    () => GATE.keys.create({ ...KEY, allowedIps: ['10.0.0.0/99'] }),
    () => GATE.keys.rotate('key_1', { gracePeriod: 'soon' as never }),
    () => GATE.keys.import({ ...KEY } as never),
  ],
  not_supported: [
    () => FRUGAL.keys.usage('key_1'),
    () => GATE.events.run(),
    () => FRUGAL.events.remind(),
    () => GATE.tokens.exchange('acme_live_sk_x'),
    () => GATE.audit.query(),
    () => inProduction(() => createTestGate({ scopes: [] })),
  ],
  not_guarded: [
    () => authOf({ rawHeaders: [], socket: {} } as never),
    async () => {
      const grant = await GATE.check(ANONYMOUS, { optional: true })
      return authOf({ [GRANT]: grant } as never)
    },
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

/** Whether a sentence says that the library lacks something. */
function denies(sentence: string): boolean {
  return /\bthere (?:is|are) no\b.*\b(?:yet|library)\b|\bnot (?:implemented|supported)\b|\blibrary (?:has no|lacks)\b|\b(?:is|are) planned\b/is.test(
    sentence,
  )
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

  test('no page denies what exists', () => {
    const denied = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
      proseOf(page)
        .split(/(?<=[.!?])\s+|\n{2,}/)
        .filter(denies),
    )
    expect(denied).toEqual([])
  })

  test.each([
    'There is no audit trail in the library yet.',
    'Webhooks are not implemented.',
    'Koa is not supported yet.',
    'The library has no console.',
  ])('a page that says so would be found: %s', (sentence) => {
    expect(denies(sentence)).toBe(true)
  })

  test('there are blocks of code to check', () => {
    expect(PRESENT.length).toBeGreaterThan(5)
    expect(FILES.size).toBe(TEXTS.length)
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
    // An app of `nest new` has scripts of its own.
    const known = page === 'docs/nestjs.md' ? { ...scripts, 'test:e2e': 'jest' } : scripts
    const missing = named.map(([, run, short]) => run ?? short ?? '').filter((n) => !(n in known))
    expect(missing).toEqual([])
  })

  test('every code of a warning can be found in the docs', () => {
    const sources = [...readSources(join(ROOT, 'src'), join(ROOT, 'adapters')).values()].join('\n')
    const codes = new Set([...sources.matchAll(/'(SALLYPORT_\w+)'/g)].map(([, code = '']) => code))
    const docs = PAGES.filter((page) => page.startsWith('docs/') && !page.startsWith(DECISIONS))
    const text = docs.map(read).join('\n')
    expect(codes.size).toBeGreaterThan(8)
    expect([...codes].filter((code) => !text.includes(code))).toEqual([])
  })

  test.each(['ARCHITECTURE.md', ...DECISION_PAGES])('every path named in %s exists', (page) => {
    const text = proseOf(page)
    const named = [...text.matchAll(/`((?:src|adapters|docs|test)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    )
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  test.each([
    ['README.md', 250],
    ['ARCHITECTURE.md', 200],
  ])('%s is short', (page, lines) => {
    expect(read(page).split('\n').length - 1).toBeLessThan(lines)
  })

  test('every folder has its row in ARCHITECTURE.md, and every step of the first guard too', () => {
    const text = proseOf('ARCHITECTURE.md')
    const rooms = ['src', 'adapters'].flatMap((place) =>
      readdirSync(join(ROOT, place), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => `${place}/${name}/`),
    )
    expect(rooms.filter((room) => !text.includes(`| \`${room}\``))).toEqual([])

    const [, order = ''] =
      /const firstGuard = (\[.*?\n {2}\])/s.exec(read('src/gate/pipeline.ts')) ?? []
    const steps = [...order.matchAll(/\w+/g)].map(([step]) => step)
    const table = sectionsOf('ARCHITECTURE.md', 2).get('Pipeline steps') ?? ''
    const rows = [...table.matchAll(/^\| `(\w+)` +\|/gm)].map(([, step]) => step)
    expect(steps.length).toBeGreaterThan(1)
    expect(rows).toEqual(steps)
  })

  test('the index has every decision in order, by the title of its page', () => {
    const listed = [...read(`${DECISIONS}README.md`).matchAll(/^- \[(\d+)\]\((.*)\) (.*)$/gm)]
    const rows = listed.map(([, number, file = '', title]) => [DECISIONS + file, number, title])
    const pages = DECISION_PAGES.map((page, index) => {
      const number = String(index + 1).padStart(3, '0')
      const [, title] = /^# \d+\. (.*)$/m.exec(read(page)) ?? []
      return [page, number, title]
    })
    expect(pages.length).toBeGreaterThan(1)
    expect(rows).toEqual(pages)
  })

  test.each(DECISION_PAGES)('%s is short: context, decision, consequence', (page) => {
    expect([...sectionsOf(page, 2).keys()]).toEqual(['Context', 'Decision', 'Consequence'])
    expect(read(page).trimEnd().split('\n').length).toBeLessThanOrEqual(20)
  })
})
