import { describe, expect, test } from '@jest/globals'
import type { AccessRequest } from 'sallyport/access'
import type { OpenSqliteKeyStore } from 'sallyport/sqlite'
import {
  createSqliteAccessStore,
  createSqliteAgreementStore,
  createSqliteKeyStore,
} from 'sallyport/sqlite'
import { accessEventCases, accessStoreCases, agreementStoreCases } from 'sallyport/testing'
import { closedAfterEach } from './closed.js'
import { shell, temporaryFolder } from './setup.js'

const { file } = temporaryFolder()
const openAt = closedAfterEach()

/** Two connections to one file. */
async function pair<T>(make: (database: OpenSqliteKeyStore['database']) => T) {
  const path = file()
  return [make(await openAt(path)), make(await openAt(path))] as const
}

describe('the access store in SQLite', () => {
  test.each(accessStoreCases(() => pair(createSqliteAccessStore)))('$name', ({ run }) => run())
})

describe('the events of the access store in SQLite', () => {
  const open = async () => {
    const database = await openAt(file())
    const { outbox } = createSqliteKeyStore(database)
    if (outbox === undefined) throw new Error('The key store has no outbox.')
    return { access: createSqliteAccessStore(database), outbox }
  }
  test.each(accessEventCases(open))('$name', ({ run }) => run())
})

describe('the agreement store in SQLite', () => {
  test.each(agreementStoreCases(() => pair(createSqliteAgreementStore)))('$name', ({ run }) =>
    run(),
  )
})

test('a row that cannot be understood is an outage, and opens nothing', async () => {
  const path = file()
  const store = createSqliteAccessStore(await openAt(path))
  shell(path, `INSERT INTO sallyport_access VALUES ('acc_1', 1, 'org_1', 'approved', 0, '{}')`)
  expect(() => store.ofOwner('org_1')).toThrow('What is stored is no request for access.')
})

function requestOf(n: number): AccessRequest {
  const at = new Date(2_000 + n)
  return {
    ...{
      id: `acc_whole_${String(n)}`,
      version: 1,
      ownerId: `org_${String(n)}`,
      state: 'requested',
    },
    ...{ useCase: 'x', environments: ['live'], scopes: [], terms: [], requestedAt: at, dueAt: at },
    steps: [],
  }
}

test('of a list, a row that cannot be understood is left out, and the next page goes on behind it', async () => {
  const path = file()
  const store = createSqliteAccessStore(await openAt(path))
  const damaged = (at: number) =>
    `INSERT INTO sallyport_access VALUES ('acc_${String(at)}', 1, 'org_1', 'approved', ${String(at)}, '{}')`
  const whole = Array.from({ length: 5 }, (_, n) => requestOf(n))
  for (const request of whole) await store.insert(request)
  for (const at of [1, 2, 3]) shell(path, damaged(at))
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.list({ limit: 2, order: 'oldest', ...(cursor && { cursor }) })
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.cursor
  } while (cursor !== undefined)
  expect(seen).toEqual(whole.map(({ id }) => id))
})
