import { afterEach, describe, expect, test } from '@jest/globals'
import type { OpenSqliteKeyStore } from 'sallyport/sqlite'
import {
  createSqliteAccessStore,
  createSqliteAgreementStore,
  openSqliteKeyStore,
} from 'sallyport/sqlite'
import { accessStoreCases, agreementStoreCases } from 'sallyport/testing'
import { shell, temporaryFolder } from './setup.js'

const { file } = temporaryFolder()
const opened: OpenSqliteKeyStore[] = []
afterEach(() => {
  for (const store of opened.splice(0)) store.close()
})

async function openAt(path: string) {
  const store = await openSqliteKeyStore(path)
  opened.push(store)
  return store.database
}

/** Two connections to one file. */
async function pair<T>(make: (database: OpenSqliteKeyStore['database']) => T) {
  const path = file()
  return [make(await openAt(path)), make(await openAt(path))] as const
}

describe('the access store in SQLite', () => {
  test.each(accessStoreCases(() => pair(createSqliteAccessStore)))('$name', ({ run }) => run())
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
