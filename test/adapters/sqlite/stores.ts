import { afterAll, afterEach } from '@jest/globals'
import { openSqliteKeyStore, type OpenSqliteKeyStore } from 'sallyport/sqlite'
import { temporaryFolder } from './setup.js'

/** Opens stores for the tests of one file, and closes them after each. */
export function temporaryStores() {
  const folder = temporaryFolder()
  const opened: OpenSqliteKeyStore[] = []
  afterEach(() => {
    for (const store of opened.splice(0)) store.close()
  })
  afterAll(folder.remove)
  return {
    file: folder.file,
    async open(path = ':memory:'): Promise<OpenSqliteKeyStore> {
      const store = await openSqliteKeyStore(path)
      opened.push(store)
      return store
    },
  }
}
