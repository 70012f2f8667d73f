/**
 * Runs an npm script that is Jest, and once more, one after the other, the files in which a test failed: a machine that was busy is told from a fault. Each file that only
 * passed then is named at the end, as it is to be mended. `node .ci/tests.js SCRIPT COUNTS` writes "PASSED FAILED" into the file COUNTS. Where FAILURES names a
 * file, a line for each test that failed both times is added to it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'

const [script, counts] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'sallyport-tests-'))

/** Longer than any file of tests takes. A worker that says nothing for so long stands still, with all its threads: its file is run again. */
const SILENT_MS = 360_000

const first = await run(script, [])
const broken = first.files.filter(({ status }) => status === 'failed').map(({ name }) => name)
const again =
  broken.length > 0 && broken.length <= 10
    ? await run(script, ['--runInBand', ...broken])
    : undefined
const { passed, failed } = again === undefined ? first : joined(first, again)
const unsteady = again?.files.filter(({ status }) => status === 'passed') ?? []
for (const { name } of unsteady)
  console.log(`UNSTEADY: ${relative(process.cwd(), name)} failed among others, and passed alone`)
const lines = (again ?? first).files.flatMap(failuresOf)
for (const line of lines) console.log(`FAILED: ${line}`)
if (process.env.FAILURES !== undefined)
  appendFileSync(process.env.FAILURES, lines.map((line) => `${script}: ${line}\n`).join(''))

rmSync(folder, { recursive: true })
if (counts !== undefined) writeFileSync(counts, `${passed} ${failed}\n`)
process.exitCode = failed === 0 ? 0 : 1

async function run(name, args) {
  const file = join(folder, `${name.replace(':', '-')}${String(args.length)}.json`)
  const child = spawn(
    'npm',
    ['run', '--silent', name, '--', '--json', '--outputFile', file, ...args],
    {
      stdio: ['inherit', 'ignore', 'pipe'],
    },
  )
  let heardAt = Date.now()
  child.stderr.on('data', (chunk) => {
    heardAt = Date.now()
    process.stderr.write(chunk)
  })
  const watch = setInterval(() => {
    if (Date.now() - heardAt < SILENT_MS) return
    heardAt = Date.now()
    for (const pid of workersOf(child.pid)) process.kill(pid, 'SIGKILL')
  }, 5_000)
  const [status] = await once(child, 'close')
  clearInterval(watch)
  let results = {}
  try {
    results = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Jest itself has failed, and has said why.
  }
  const { numPassedTests: passed = 0, numFailedTests = 0, numPendingTests = 0 } = results
  const { numRuntimeErrorTestSuites: unloaded = 0, testResults: files = [] } = results
  // A test that was skipped has shown nothing.
  const failed = numFailedTests + numPendingTests + unloaded
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed, files }
}

/** Where a test failed or was skipped, and its whole name; the file alone where it could not be loaded. */
function failuresOf({ name, status, assertionResults }) {
  const file = relative(process.cwd(), name)
  const tests = assertionResults.filter((test) => ['failed', 'pending'].includes(test.status))
  if (tests.length === 0) return status === 'failed' ? [file] : []
  return tests.map(({ fullName, status: how }) => `${file}: ${fullName} (${how})`)
}

/** What the second run has shown of its files takes the place of what the first has. */
function joined(before, after) {
  const repeated = new Set(after.files.map(({ name }) => name))
  const kept = before.files.filter(({ name }) => !repeated.has(name))
  const all = kept.flatMap(({ assertionResults }) => assertionResults)
  return {
    passed: all.filter(({ status }) => status === 'passed').length + after.passed,
    failed: all.filter(({ status }) => status === 'pending').length + after.failed,
  }
}

/** The workers of Jest below a process, where the system tells of its processes. */
function workersOf(root) {
  const processes = readdirSync('/proc').flatMap((pid) => {
    try {
      const [, , , parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/\(.*\)/, 'x')
        .split(' ')
      return [
        {
          pid: Number(pid),
          parent: Number(parent),
          args: readFileSync(`/proc/${pid}/cmdline`, 'utf8'),
        },
      ]
    } catch {
      // Not a process, or over by now.
      return []
    }
  })
  const below = (pid) =>
    processes.filter(({ parent }) => parent === pid).flatMap((one) => [one, ...below(one.pid)])
  return below(root)
    .filter(({ args }) => args.includes('jest-worker'))
    .map(({ pid }) => pid)
}
