import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createAccess } from 'sallyport/access'
import { createAuditFiles } from 'sallyport/file'
import {
  createSqliteAccessStore,
  createSqliteAgreementStore,
  openSqliteKeyStore,
} from 'sallyport/sqlite'
import { dose } from '../dose.js'
import { buildCommand, type Command } from './command.js'

jest.setTimeout(240_000)

/** Of servers that are not here, and of what is made elsewhere. */
const ELSEWHERE =
  /postgres:\/\/|redis:\/\/|^sallyport describe|--public-key|--follow|\/var\/log\/|--phi/
const IDS = /\b(?:key|acc|agr)_4fQ2nT8vYb1LxWc0RzK7aM\b/g

let command: Command
let bin = ''
beforeAll(() => {
  command = buildCommand()
  bin = join(command.folder, 'bin')
  mkdirSync(bin)
  const program = join(command.folder, '../dist/cli.js')
  writeFileSync(join(bin, 'sallyport'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
  chmodSync(join(bin, 'sallyport'), 0o755)
})
afterAll(() => {
  command.remove()
})

const SCOPES = ['read:orders', 'write:orders']
const ids: Record<string, string> = {}

/** The smaller dose has the first examples of each help, and not what shows the same again. */
const EXAMPLES = dose(1, 100)

/** A folder with what the examples speak of. */
async function furnish(folder: string): Promise<void> {
  const store = await openSqliteKeyStore(join(folder, 'keys.db'))
  const sink = createAuditFiles(join(folder, 'audit'))
  const options = { environment: ['live', 'test', 'sandbox'], scopes: SCOPES }
  const gate = createGate({ ...options, keys: { prefix: 'acme', store }, audit: { sink } })
  const key = await gate.keys.create({
    name: 'Billing server',
    ownerId: 'org_1',
    environment: 'live',
  })
  const terms = { baa: { version: '3', digest: 'a'.repeat(43) } }
  const access = createAccess({
    store: createSqliteAccessStore(store.database),
    agreements: createSqliteAgreementStore(store.database),
    terms,
  })
  const by = { id: 'ann', ownerId: 'org_1' }
  const { id: agreement } = await access.agreements.record({
    ...{ ownerId: 'org_1', by, terms: { id: 'baa', version: '3' }, recordedBy: { id: 'bob' } },
  })
  Object.assign(ids, { key: key.id, agr: agreement, hint: key.secret.slice(-4) })
  await gate.close()
  store.close()
  const line = (n: number) => ({
    ...{ name: 'Old', ownerId: 'org_2', environment: 'live' },
    digest: createHash('sha256').update(String(n)).digest('hex'),
  })
  const lines = Array.from({ length: 3 }, (_, n) => `${JSON.stringify(line(n))}\n`).join('')
  writeFileSync(join(folder, 'keys.jsonl'), lines)
  writeFileSync(join(folder, 'keys.jsonl.gz'), gzipSync(lines))
  writeFileSync(join(folder, 'leaked.txt'), `${key.secret}\n`)
  writeFileSync(join(folder, 'baa.md'), 'We agree.')
}

/** The command, and those below it. */
async function commands(words: readonly string[] = []): Promise<[string[], string][]> {
  const { out } = await command.run([...words, '--help'])
  const [, list = ''] = /^Commands:\n([^]*?)(?:\n\n|$(?![^]))/m.exec(out) ?? []
  const names = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name)
  const below = names.filter((name) => name !== 'help')
  const all = await Promise.all(below.map((name) => commands([...words, name])))
  return [[[...words], out], ...all.flat()]
}

/** Each example of a help, from `$` to the end of what it goes on with. */
function examplesOf(help: string): readonly string[] {
  const [, text = ''] = /^Examples:\n([^]*)$/m.exec(help) ?? []
  return [...text.matchAll(/^ {2}\$ ((?:.*\\\n)*.*)$/gm)].map(([, line = '']) => line)
}

let count = 0
let folder = ''
beforeEach(() => {
  folder = join(command.folder, String((count += 1)))
  mkdirSync(folder)
})

test('each example of each help works as it is printed', async () => {
  const tried: string[] = []
  const failed: string[] = []
  const model = join(command.folder, 'model')
  mkdirSync(model)
  await furnish(model)
  for (const [words, help] of await commands()) {
    const before: string[] = []
    const enough = tried.length + EXAMPLES
    for (const example of examplesOf(help)) {
      const line = example
        .replace(IDS, (id) => ids[id.slice(0, 3)] ?? id)
        .replace('...eSwg', `...${String(ids['hint'])}`)
      if (line.startsWith('export ') && !ELSEWHERE.test(line)) before.push(line)
      if (ELSEWHERE.test(example) || line.startsWith('export ') || /acc_/.test(line)) continue
      if (tried.length >= enough) break
      rmSync(folder, { recursive: true })
      mkdirSync(folder)
      const trail = `cp -R '${model}/.' . && mkdir -p audit && chmod 700 audit`
      const script = [trail, ...before, line].join('\n')
      const env = { PATH: `${bin}:${String(process.env['PATH'])}`, SALLYPORT_DATABASE: 'keys.db' }
      const { status, stderr } = spawnSync('bash', ['--norc', '-o', 'pipefail', '-c', script], {
        ...{ cwd: folder, encoding: 'utf8', env, timeout: 20_000, input: '' },
      })
      tried.push(example)
      if (status !== 0) failed.push(`${words.join(' ')}: ${example}: ${String(status)} ${stderr}`)
    }
  }
  expect(failed).toEqual([])
  expect(tried.length).toBeGreaterThan(dose(15, 30))
})

test('an import asks for all that is missing at once', async () => {
  const { code, err } = await command.run(['keys', 'import', 'keys.jsonl'])
  expect(code).toBe(2)
  for (const word of ['--environment', '--database', '--prefix', 'SALLYPORT_PEPPERS'])
    expect(err).toContain(word)
  const made = await command.run(['keys', 'rotate', 'key_1'])
  expect(made.err).toMatch(/say which database: .*; say what secrets begin with/)
})
