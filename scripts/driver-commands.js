/**
 * `node driver-commands.js`, beside an installed sallyport and the SQLite drivers that an app has: each command that opens a database, on a file of its own. The
 * commands choose the driver themselves. Run by scripts/drivers.js.
 */
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteKeyStore } from 'sallyport/sqlite'

const PROGRAM = join(import.meta.dirname, 'node_modules/sallyport/dist/cli.js')
const folder = mkdtempSync(join(tmpdir(), 'sallyport-commands-'))
const MADE = { '--name': 'Billing server', '--owner': 'org_1', '--environment': 'live' }
const UNKNOWN = 'acc_4fQ2nT8vYb1LxWc0RzK7aM'
const ran = new Set()

try {
  const path = join(folder, 'keys.db')
  check('migrate', [], path, 0, /file .* was created[^]*tables were created/)
  check('migrate', [], path, 0, /up to date/)
  check('migrate', ['--check'], path, 0, /works with them/)
  check('doctor', [], path, 0, /ok {7}tables of keys/)
  runAll(path)
  await whileOpen(path)
  assert.deepEqual(
    commandsWithDatabase().filter((name) => !ran.has(name)),
    [],
    'are not tried here',
  )
  console.log(`${ran.size} commands work (Node ${process.versions.node})`)
} finally {
  rmSync(folder, { recursive: true })
}

function runAll(path) {
  const created = check(
    'keys create',
    ['--prefix', 'acme', ...Object.entries(MADE).flat(), '--json'],
    path,
    0,
  )
  const { id } = JSON.parse(created)
  check('keys list', ['--owner', 'org_1'], path, 0, new RegExp(id))
  check('keys get', [id], path, 0, /Billing server/)
  check('keys find', ['Billing server'], path, 0, new RegExp(id))
  check('keys update', [id, '--scope', 'read:orders'], path, 0)
  check('keys due', ['--within', '14d'], path, 0)
  check('keys remind', ['--rotate-after', '30d'], path, 0)
  check('keys usage', [id], path, 0)
  check('keys rotate', [id, '--prefix', 'acme'], path, 0)
  check('keys revoke', [id, '--reason', 'a test'], path, 0)
  importKeys(path)
  check('access list', [], path, 0)
  for (const name of ['approve', 'resume', 'end'])
    check(`access ${name}`, [UNKNOWN], path, 1, /no request/)
  for (const name of ['deny', 'suspend'])
    check(`access ${name}`, [UNKNOWN, '--reason', 'a test'], path, 1, /no request/)
  agreements(path)
  check('webhooks list', [], path, 0)
  check('webhooks retry', ['--all'], path, 0)
  const audit = join(folder, 'audit')
  mkdirSync(audit, { mode: 0o700 })
  check('audit report', [audit], path, 0)
}

function importKeys(path) {
  const file = join(folder, 'keys.jsonl')
  writeFileSync(
    file,
    `${JSON.stringify({ name: 'Old', ownerId: 'org_2', digest: 'a'.repeat(64) })}\n`,
  )
  check(
    'keys import',
    [file, '--environment', 'live', '--prefix', 'acme'],
    path,
    0,
    /Imported 1 key/,
  )
}

function agreements(path) {
  const file = join(folder, 'baa.md')
  writeFileSync(file, 'We agree.')
  const terms = ['--owner', 'org_1', '--terms', 'baa', '--terms-version', '3', '--file', file]
  const signed = ['--signed-by', 'Ann Smith', '--signed-at', '2020-01-31', '--as', 'ann', '--json']
  const { id } = JSON.parse(check('agreements record', [...terms, ...signed], path, 0))
  check('agreements list', ['--owner', 'org_1'], path, 0, new RegExp(id))
  check('agreements end', [id, '--reason', 'a test', '--as', 'ann'], path, 0)
}

/** While an app has the file open, its log is there, and it is looked at by a connection that only reads. */
async function whileOpen(path) {
  const store = await openSqliteKeyStore(path)
  try {
    await store.update('none', { name: 'x' }, 1)
    assert.ok(existsSync(`${path}-wal`), 'there is no log beside the file')
    check('doctor', [], path, 0, /ok {7}tables of keys/)
    check('migrate', ['--check'], path, 0, /works with them/)
    check('migrate', [], path, 0, /up to date/)
    check('keys list', [], path, 0, /Billing server/)
  } finally {
    store.close()
  }
}

function check(name, args, path, expected, says = /^/) {
  const { status, stdout, stderr } = sallyport([...name.split(' '), ...args, '--database', path])
  ran.add(name)
  assert.equal(status, expected, `${name}: ended with ${status}: ${stdout}${stderr}`)
  assert.match(`${stdout}${stderr}`, says, name)
  return stdout
}

function sallyport(args) {
  const { PATH } = process.env
  const env = { PATH, SALLYPORT_PEPPERS: '' }
  return spawnSync(process.execPath, [...process.execArgv, PROGRAM, ...args], {
    encoding: 'utf8',
    env,
  })
}

/** All that take `--database`, as the help has them, but those that read a trail in PostgreSQL alone. */
function commandsWithDatabase(words = []) {
  const { stdout } = sallyport([...words, '--help'])
  const [, list = ''] = /^Commands:\n([^]*?)(?:\n\n|$)/m.exec(stdout) ?? []
  const names = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name)
  const below = names.filter((name) => name !== 'help')
  if (below.length > 0) return below.flatMap((name) => commandsWithDatabase([...words, name]))
  const name = words.join(' ')
  const readsTrail = words[0] === 'audit' && name !== 'audit report'
  return stdout.includes('--database') && !readsTrail ? [name] : []
}
