import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

const run = promisify(execFile)

test('a request with a remembered key passes at most 25 files and 80 functions', async () => {
  // In a process of its own: V8 counts there, and Jest has not changed the files.
  const { stdout } = await run(process.execPath, ['--import', 'tsx', 'bench/request-size.ts'])
  const [, files, functions] = /^(\d+) files, (\d+) functions$/m.exec(stdout) ?? []
  expect(Number(files)).toBeGreaterThan(10)
  expect(Number(files)).toBeLessThanOrEqual(25)
  expect(Number(functions)).toBeLessThanOrEqual(80)
})
