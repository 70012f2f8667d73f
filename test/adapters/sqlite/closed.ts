import { afterEach } from '@jest/globals'
import { openSqliteKeyStore, type OpenSqliteKeyStore } from 'sallyport/sqlite'

/** Opens the database of a file. All that were opened are closed after each test. */
export function closedAfterEach(): (path: string) => Promise<OpenSqliteKeyStore['database']> {
  const opened: OpenSqliteKeyStore[] = []
  afterEach(() => {
    for (const store of opened.splice(0)) store.close()
  })
  return async (path) => {
    const store = await openSqliteKeyStore(path)
    opened.push(store)
    return store.database
  }
}
