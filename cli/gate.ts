import { createGate, KeyError, type ApiKey, type Gate, type KeyOptions } from 'sallyport'
import { openDatabase } from './database.js'
import { explain } from './exit.js'
import { tell } from './output.js'
import { readPeppers, type DatabaseOptions } from './settings.js'

/** What a command knows of the app whose keys it manages; nothing where it needs nothing of it. */
export interface App extends Pick<KeyOptions, 'rotateAfter'> {
  readonly prefix?: string
  readonly environments?: readonly string[]
  /** What takes the place of the app's catalogue. */
  readonly scopes?: readonly string[]
}

/** Opens a gate on the database, and closes both whatever happens. */
export async function withGate<T>(
  options: DatabaseOptions,
  app: App,
  use: (gate: Gate) => Promise<T>,
): Promise<T> {
  const { prefix = 'none', environments = ['none'], scopes = [], rotateAfter } = app
  const peppers = readPeppers(process.env)
  const database = await openDatabase(options.database)
  try {
    const { store } = database
    const keys = { prefix, peppers, store, ...(rotateAfter !== undefined && { rotateAfter }) }
    const onError = (error: unknown) => {
      tell(`warning: ${explain(error)}`)
    }
    const gate = createGate({ environment: environments, keys, scopes, onError })
    try {
      return await use(gate)
    } finally {
      await gate.close()
    }
  } finally {
    await database.close()
  }
}

/** @throws {KeyError} where there is no such key */
export async function keyOf(gate: Gate, id: string): Promise<ApiKey> {
  const key = await gate.keys.get(id)
  if (key === undefined) throw new KeyError('unknown_key', `There is no key '${id}'.`)
  return key
}
