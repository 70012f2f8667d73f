import { createInterface } from 'node:readline'
import { createGate } from 'sallyport'
import { createSqliteKeyStore, openSqliteKeyStore, type SqliteDatabase } from 'sallyport/sqlite'
import { DatabaseSync, record } from './setup.js'

/** What the processes that a test starts do: `child.ts <task> <argument>...`; each line that it is given, and each that it says, is JSON. */
const TASKS: Readonly<Record<string, (...args: string[]) => Promise<void>>> = {
  serve,
  migrate,
  churn,
  die,
  listen,
}

const [task = '', ...args] = process.argv.slice(2)
await TASKS[task]?.(...args)

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

async function eachLine(answer: (line: string) => Promise<unknown>): Promise<void> {
  say('ready')
  for await (const line of createInterface(process.stdin))
    say(await answer(JSON.parse(line) as string))
}

/** A server: answers for each secret what the gate decides. */
async function serve(path: string, without?: string): Promise<void> {
  const { changes, ...rest } = await openSqliteKeyStore(path)
  const store = without === 'without-feed' || changes === undefined ? rest : { ...rest, changes }
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] })
  await eachLine(async (secret) => {
    const decision = await gate.verify(secret)
    return decision.allowed ? 'allowed' : decision.reason
  })
}

/** Opens each file that it is told, and puts a key there. */
async function migrate(): Promise<void> {
  await eachLine(async (path) => {
    const store = await openSqliteKeyStore(path)
    await store.insert(record())
    store.close()
    return 'done'
  })
}

/** Rotates a key and its successors, and renames two keys together, for as long as it lives. */
async function churn(
  path: string,
  id: string,
  one: string,
  other: string,
  from: string,
): Promise<void> {
  const store = await openSqliteKeyStore(path)
  say('ready')
  let current = id
  for (let version = Number(from); ; version++) {
    const successor = record({ rotatedFrom: current })
    await store.rotate(current, 1, new Date(), successor)
    current = successor.id
    const patch = { name: String(version) }
    const both = [one, other].map((each) => ({ id: each, patch, expectedVersion: version }))
    await store.updateAll?.(both)
  }
}

/** Kills itself after the nth statement of a rotation, or of a change of two keys. */
async function die(
  path: string,
  what: string,
  id: string,
  other: string,
  at: string,
): Promise<void> {
  let left = Infinity
  const count = () => {
    left -= 1
    if (left === 0) process.kill(process.pid, 'SIGKILL')
  }
  const store = createSqliteKeyStore(hooked(path, count))
  await store.migrate()
  left = Number(at)
  const patch = { name: '1' }
  if (what === 'rotate') await store.rotate(id, 1, new Date(), record({ rotatedFrom: id }))
  else await store.updateAll?.([id, other].map((each) => ({ id: each, patch, expectedVersion: 1 })))
  say('survived')
}

/** Calls `hook` after each statement that is run. */
function hooked(path: string, hook: () => void): SqliteDatabase {
  const database = new DatabaseSync(path)
  return {
    exec(sql) {
      database.exec(sql)
    },
    prepare(sql) {
      const statement = database.prepare(sql)
      return {
        run(...values) {
          const result = statement.run(...values)
          hook()
          return result
        },
        get: (...values) => statement.get(...values) as unknown,
        all: (...values) => statement.all(...values) as unknown[],
      }
    },
  }
}

/** Listens, and has nothing else to do. */
async function listen(path: string): Promise<void> {
  const store = await openSqliteKeyStore(path)
  await store.changes?.listen({ changed: () => undefined, lost: () => undefined })
  say('ready')
}
