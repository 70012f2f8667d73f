/**
 * The SQLite key store on each driver, as users get it: packs the package, installs it beside the drivers in a folder of its own, and runs
 * scripts/driver-suite.js there, once for each, and scripts/driver-commands.js, which tries each command that opens a database, in apps that have one driver or two.
 * better-sqlite3 is compiled where it has no binary, which takes minutes.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
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
  runCommands(all, node, 'node:sqlite')
  // The commands take node:sqlite where Node has it.
  const flags = ['--no-experimental-sqlite'].filter((flag) => hasOwn && isFlag(flag))
  if (hasOwn && flags.length === 0) {
    console.log('not run: the commands on other drivers; this Node cannot be without its own')
  } else {
    runCommands(all, process.execPath, 'better-sqlite3, beside @photostructure/sqlite', flags)
    const [better, photo] = [copyWithout('@photostructure'), copyWithout('better-sqlite3')]
    runCommands(better, process.execPath, 'better-sqlite3 alone', flags)
    runCommands(photo, process.execPath, '@photostructure/sqlite alone', flags)
  }
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
  copyFileSync('scripts/driver-commands.js', join(app, 'commands.js'))
  execFileSync('npm', ['install', '--silent', '--prefer-offline', ...packages], {
    cwd: app,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return app
}

/** The app with all drivers, without one of them: nothing is compiled again. */
function copyWithout(driver) {
  const app = join(folder, `without-${driver}`)
  cpSync(join(folder, 'all'), app, { recursive: true })
  rmSync(join(app, 'node_modules', driver), { recursive: true })
  return app
}

function isFlag(name) {
  return spawnSync(process.execPath, [name, '--eval', '0']).status === 0
}

function run(app, node, driver) {
  tell(driver, spawnSync(node, ['suite.js', driver], { cwd: app, encoding: 'utf8' }))
}

function runCommands(app, node, driver, flags = []) {
  const ended = spawnSync(node, [...flags, 'commands.js'], { cwd: app, encoding: 'utf8' })
  tell(driver, { ...ended, stdout: `${driver}: ${ended.stdout}` })
}

function tell(driver, { status, stdout, stderr }) {
  const passed = status === 0
  console.log(`${passed ? 'ok' : 'FAILED'}  ${stdout.trim() || driver}`)
  if (passed) return
  console.error(stderr)
  process.exitCode = 1
}
