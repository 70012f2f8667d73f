import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import ts from 'typescript'

const ROOT = resolve(import.meta.dirname, '..')
const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')).config,
  ts.sys,
  ROOT,
)
const ENTRIES = Object.entries(options.paths ?? {}).filter(([name]) => !name.endsWith('/augment'))

/** What only those call who write a store, an adapter or a page of the console. */
const INNER = new Set([
  ...['acceptanceFrom', 'accessRequestFrom', 'applyKeyPatch', 'auditIn', 'authIn', 'checkConsole'],
  ...['checkDescription', 'checkGate', 'checkMountParams', 'checkMountPath', 'checkpointCheck'],
  ...['columnChart', 'createTablesGuard', 'endOfChain', 'failureAnswer', 'gateRequestOf'],
  ...['guardMarkOf', 'hasMethods', 'markGuard', 'matchesFilter', 'messageId', 'messageOf'],
  ...['pageOf', 'parseAuditLine', 'placeIn', 'pruneAnchor', 'readGuardPlace', 'refuseUnknown'],
  'tablesMadeBy',
  ...[
    'createAuditEndpoints',
    'createUsageEndpoints',
    'rowChart',
    'tenantIn',
    'signedReviewFrom',
    'understood',
    'usageCsv',
  ],
])

/** Names that an example takes from the app. */
const FREE = [2304, 2552, 2593, 18_004]

interface Exported {
  readonly name: string
  readonly entry: string
  readonly examples: readonly string[]
}

const sources = ts.createProgram(
  ENTRIES.map(([, [path = '']]) => join(ROOT, path)),
  options,
)
const exported = ENTRIES.flatMap(([entry, [path = '']]) => functionsOf(entry, join(ROOT, path)))

function functionsOf(entry: string, path: string): Exported[] {
  const checker = sources.getTypeChecker()
  const file = sources.getSourceFile(path)
  const module = file && checker.getSymbolAtLocation(file)
  if (module === undefined) throw new Error(`${path} is not a module`)
  return checker.getExportsOfModule(module).flatMap((symbol) => {
    const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    if (!(own.flags & ts.SymbolFlags.Function)) return []
    const tags = own.getJsDocTags(checker).filter(({ name }) => name === 'example')
    const examples = tags.map(({ text }) => ts.displayPartsToString(text))
    return [{ name: symbol.name, entry, examples }]
  })
}

/** An example as a module: members of options are those of `createGate`, and what it names of the package is imported. */
function moduleOf(example: string, entry: string): string {
  const code = example.replace(/^```\w*\n|\n?```$/g, '')
  const isMember = /^[a-z]\w*: /i.test(code)
  const text = isMember ? `const given: Partial<GateOptions<string>> = {\n${code}\n}` : code
  const names = new Map<string, string>()
  for (const one of exported) {
    if (!names.has(one.name) || one.entry === entry) names.set(one.name, one.entry)
  }
  const imports = [...names]
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(text))
    .map(([name, from]) => `import { ${name} } from '${from}'`)
  return `${imports.join('\n')}\nimport type { GateOptions } from 'sallyport'\n${text}\nexport {}\n`
}

/** What the compiler says of each, all in one program. */
function complaintsOf(modules: readonly string[]): string[][] {
  const texts = new Map(
    modules.map((text, index) => [join(ROOT, `example-${String(index)}.ts`), text]),
  )
  const relaxed = { ...options, noUnusedLocals: false }
  const host = ts.createCompilerHost(relaxed)
  const { fileExists, readFile } = host
  host.fileExists = (path) => texts.has(path) || fileExists(path)
  host.readFile = (path) => texts.get(path) ?? readFile(path)
  const program = ts.createProgram([...texts.keys()], relaxed, host, sources)
  return [...texts.keys()].map((path) => {
    const file = program.getSourceFile(path)
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]
    return found
      .filter(({ code }) => !FREE.includes(code))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  })
}

const WRONG = ["limits: { store: createMemoryLimitStore('x') }", 'createGate({ environments: 1 })']
const present = exported.flatMap(({ name, entry, examples }) =>
  examples.map((example) => ({ name, entry, example })),
)
const complaints = complaintsOf([
  ...present.map(({ example, entry }) => moduleOf(example, entry)),
  ...WRONG.map((example) => moduleOf(example, 'sallyport')),
])

describe('the example of a function that apps call', () => {
  test('is there', () => {
    const without = exported.filter(
      ({ name, examples }) => examples.length === 0 && !INNER.has(name),
    )
    expect(without.map(({ entry, name }) => `${entry}: ${name}`)).toEqual([])
  })

  test('compiles', () => {
    const wrong = present.flatMap(({ name, entry }, index) =>
      (complaints[index] ?? []).map((complaint) => `${entry}: ${name}: ${complaint}`),
    )
    expect(present.length).toBeGreaterThan(50)
    expect(wrong).toEqual([])
  })

  test.each(WRONG.map((example, index) => [example, index] as const))(
    'control: %s does not',
    (_example, index) => {
      expect(complaints[present.length + index]).not.toEqual([])
    },
  )
})
