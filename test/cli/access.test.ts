import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAccess } from 'sallyport/access'
import {
  createSqliteAccessStore,
  createSqliteAgreementStore,
  openSqliteKeyStore,
  type OpenSqliteKeyStore,
} from 'sallyport/sqlite'
import { buildCommand, type Command } from './command.js'

const ASK = {
  ownerId: 'org_1',
  by: { id: 'user_ann', ownerId: 'org_1' },
  useCase: 'Lab results.',
  environments: ['sandbox', 'live'],
}
const TERMS = { baa: { version: '3', text: 'The whole BAA.', required: false } }

let command: Command
let store: OpenSqliteKeyStore
let path: string

beforeAll(async () => {
  command = buildCommand()
  path = join(command.folder, 'keys.db')
  store = await openSqliteKeyStore(path)
  writeFileSync(join(command.folder, 'baa.md'), 'The whole BAA.')
})
afterAll(() => {
  store.close()
  command.remove()
})

function open() {
  return createAccess({
    store: createSqliteAccessStore(store.database),
    agreements: createSqliteAgreementStore(store.database),
    terms: TERMS,
  })
}

const run = (...args: string[]) => command.run([...args, '--database', path])

test('a request is listed, approved, suspended, resumed and ended, by whom is said', async () => {
  const access = open()
  const { id } = await access.request(ASK)
  expect((await run('access', 'list', '--state', 'requested')).out).toContain(id)
  const approved = await run(
    'access',
    'approve',
    id,
    '--environment',
    'live',
    '--until',
    '365d',
    '--as',
    'lee',
  )
  expect(approved).toMatchObject({ code: 0, out: `${id} of org_1 is approved (live).\n` })
  expect(await run('access', 'approve', id)).toMatchObject({
    code: 1,
    err: expect.stringMatching(/was approved by lee at 2/) as unknown,
  })
  expect((await run('access', 'suspend', id, '--reason', 'unusual use')).code).toBe(0)
  expect((await run('access', 'resume', id)).code).toBe(0)
  const { code, out } = await run('access', 'end', id, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ id, state: 'ended' })
  expect(
    (await access.get(id))?.steps.map(({ state, by }) => `${state} ${by.id}`).slice(0, 2),
  ).toEqual(['requested user_ann', 'approved lee'])
  expect((await run('access', 'deny', 'acc_none', '--reason', 'x')).code).toBe(1)
}, 120_000)

test('an agreement is recorded by the digest of its file, listed and ended', async () => {
  const signed = ['--owner', 'org_1', '--terms', 'baa', '--terms-version', '3', '--file', 'baa.md']
  const recorded = await run(
    'agreements',
    'record',
    ...signed,
    '--signed-by',
    'Ann',
    '--until',
    '365d',
    '--json',
  )
  expect(recorded.code).toBe(0)
  const { id } = JSON.parse(recorded.out) as { id: string }
  const { terms } = await open().of('org_1')
  expect(terms[0]).toMatchObject({ id: 'baa', acceptance: { id } })
  expect((await run('agreements', 'list', '--owner', 'org_1')).out).toContain(id)
  expect((await run('agreements', 'end', id)).out).toBe(`Ended ${id} of org_1.\n`)
  expect((await open().of('org_1')).terms[0]?.acceptance).toBeUndefined()
}, 120_000)
