/**
 * The SQLite key store on each driver, as users get it: packs the package, installs it beside the drivers in a folder of its own, and runs
 * scripts/driver-suite.js there, once for each. better-sqlite3 is compiled where it has no binary, which takes minutes.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const [major, minor] = process.versions.node.split('.').map(Number)
const hasOwn = major > 22 || (major === 22 && minor >= 13)
/** A Node that has node:sqlite, from npm, where this one has none. */
const laterNode = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
const BETTER = major < 22 ? 'better-sqlite3@12.9.0' : 'better-sqlite3@latest'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-drivers-'))
try {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder])
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '')
  const all = install(
    'all',
    tarball,
    BETTER,
    '@photostructure/sqlite',
    ...(hasOwn ? [] : [`${laterNode}@22`]),
  )
  const node = hasOwn ? process.execPath : join(all, 'node_modules', laterNode, 'bin/node')
  run(all, node, 'node:sqlite')
  run(all, process.execPath, 'better-sqlite3')
  run(all, process.execPath, '@photostructure/sqlite')
  if (!hasOwn) run(install('none', tarball), process.execPath, 'none')
} finally {
  rmSync(folder, { recursive: true })
}

function install(name, ...packages) {
  const app = join(folder, name)
  mkdirSync(app)
  // npm 11 runs no install script that is not allowed here; of these drivers, only one needs its own.
  const manifest = { private: true, type: 'module', allowScripts: { 'better-sqlite3': true } }
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest))
  copyFileSync('scripts/driver-suite.js', join(app, 'suite.js'))
  execFileSync('npm', ['install', '--silent', '--prefer-offline', ...packages], {
    cwd: app,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return app
}

function run(app, node, driver) {
  const { status, stdout, stderr } = spawnSync(node, ['suite.js', driver], {
    cwd: app,
    encoding: 'utf8',
  })
  const passed = status === 0
  console.log(`${passed ? 'ok' : 'FAILED'}  ${stdout.trim() || driver}`)
  if (passed) return
  console.error(stderr)
  process.exitCode = 1
}
