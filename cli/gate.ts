import {
  createGate,
  KeyError,
  type ApiKey,
  type AuditOptions,
  type AuditSink,
  type Gate,
  type KeyOptions,
  type Keys,
} from 'sallyport'
import { withTrail } from './audit/source.js'
import { isServer, openDatabase } from './database.js'
import { explain } from './exit.js'
import { tell } from './output.js'
import { readAuditKey, readPeppers, type ChangeOptions, type DatabaseOptions } from './settings.js'

/** What a command knows of the app whose keys it manages; nothing where it needs nothing of it. */
export interface App extends Pick<KeyOptions, 'rotateAfter'> {
  readonly prefix?: string
  readonly environments?: readonly string[]
  /** What takes the place of the app's catalogue. */
  readonly scopes?: readonly string[]
  /** Where changes are recorded. */
  readonly audit?: AuditOptions
}

/** Opens a gate on the database, and closes both whatever happens. */
export async function withGate<T>(
  options: DatabaseOptions,
  app: App,
  use: (gate: Gate) => Promise<T>,
): Promise<T> {
  const { prefix = 'none', environments = ['none'], scopes = [], rotateAfter, audit } = app
  const peppers = readPeppers(process.env)
  const database = await openDatabase(options.database)
  try {
    const { store } = database
    const keys = { prefix, peppers, store, ...(rotateAfter !== undefined && { rotateAfter }) }
    const onError = (error: unknown) => {
      tell(`warning: ${explain(error)}`)
    }
    const parts = { keys, scopes, onError, ...(audit && { audit }) }
    const gate = createGate({ environment: environments, ...parts })
    try {
      return await use(gate)
    } finally {
      await gate.close()
    }
  } finally {
    await database.close()
  }
}

/** The keys of such a gate, to be changed: in the name of a person, and recorded, where that is asked for. @throws {UsageError} @throws {AuditError} */
export async function withKeys<T>(
  options: ChangeOptions,
  app: App,
  use: (keys: Keys) => Promise<T>,
): Promise<T> {
  const { as: subject, trail } = options
  const change = (audit?: AuditOptions) =>
    withGate(options, { ...app, ...(audit && { audit }) }, (gate) =>
      use(subject === undefined ? gate.keys : gate.as({ subject }).keys),
    )
  if (trail === undefined) return change()
  const key = readAuditKey(process.env)
  const record = (sink: AuditSink) => change({ sink, ...(key !== undefined && { key }) })
  return isServer(trail)
    ? withTrail(undefined, { database: trail }, record)
    : withTrail(trail, {}, record)
}

/** @throws {KeyError} where there is no such key */
export async function keyOf(gate: Gate, id: string): Promise<ApiKey> {
  const key = await gate.keys.get(id)
  if (key === undefined) throw new KeyError('unknown_key', `There is no key '${id}'.`)
  return key
}
