/**
 * The public declarations, as one file: `npm run api` writes test/api.d.ts, `npm run api:check` fails where it has moved.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { format } from 'prettier'

const COMMITTED = 'test/api.d.ts'
const ENTRIES = [
  'src/index',
  'adapters/express/index',
  'adapters/express/augment',
  'adapters/file/index',
  'adapters/koa/index',
  'adapters/koa/augment',
  'adapters/postgres/index',
  'adapters/openapi/index',
  'adapters/providers/index',
  'adapters/redis/index',
  'adapters/sqlite/index',
  'src/testing/index',
]

const declarations = await format(collect(), {
  parser: 'typescript',
  semi: false,
  singleQuote: true,
  printWidth: 100,
})
if (process.argv.includes('--write')) {
  writeFileSync(COMMITTED, declarations)
} else if (declarations !== readFileSync(COMMITTED, 'utf8')) {
  console.error(
    `The public declarations have moved. If that is meant: npm run api, and tell it in CHANGELOG.md.`,
  )
  showDifference(declarations)
  process.exitCode = 1
}

/** What the entries declare, and all that their declarations import, sorted by path. */
function collect() {
  const out = mkdtempSync(join(tmpdir(), 'sallyport-api-'))
  const options = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--outDir', out]
  execFileSync('npx', ['tsc', ...options], { stdio: 'inherit' })
  const texts = new Map()
  const read = (file) => {
    if (texts.has(file) || !existsSync(file)) return
    const text = readFileSync(file, 'utf8')
    texts.set(file, text)
    for (const [, path] of text.matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g)) {
      read(`${join(dirname(file), path)}.d.ts`)
    }
  }
  for (const entry of ENTRIES) read(join(out, `${entry}.d.ts`))
  rmSync(out, { recursive: true })
  return [...texts]
    .map(([file, text]) => `// ${relative(out, file)}\n${text}`)
    .sort()
    .join('\n')
}

function showDifference(now) {
  const file = join(mkdtempSync(join(tmpdir(), 'sallyport-api-')), 'api.d.ts')
  writeFileSync(file, now)
  spawnSync('git', ['--no-pager', 'diff', '--no-index', COMMITTED, file], { stdio: 'inherit' })
}
