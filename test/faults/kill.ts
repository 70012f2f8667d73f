import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { createGate, StoreError, type ApiKey, type Keys } from 'sallyport'
import { createPostgresKeyStore } from 'sallyport/postgres'
import { openIn, type Schema } from '../adapters/postgres/schema.js'
import { startProcess } from './instances.js'

/** At which statement of which change a process dies. */
export interface Death {
  readonly url: string
  readonly act: 'create' | 'rotate' | 'revoke'
  readonly ownerId: string
  readonly keyId: string
  /** The first is 1. */
  readonly statement: number
  readonly when: 'sent' | 'answered'
  /** Whether its pool has the limits; without, each statement is a transaction of three. */
  readonly limited: boolean
  readonly halved: boolean
}

export type Plan = Pick<Death, 'act' | 'when' | 'limited' | 'halved'>

export interface Deaths {
  /** How many processes were killed. */
  readonly killed: number
  /** What did not hold afterwards. */
  readonly broken: readonly string[]
}

const AT_ONCE = 3
/** How a process ends whose store did not answer in time. */
export const TOO_SLOW = 2

/** Kills at the first statement, at the second and so on, until a process comes through, or `until` what was found is enough. */
export async function killEverywhere(
  schema: Schema,
  plan: Plan,
  until: (broken: readonly string[]) => boolean = () => false,
): Promise<Deaths> {
  const pool = await openIn(schema)
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store: createPostgresKeyStore(pool, { listen: false }) },
    scopes: [],
  })
  const broken: string[] = []
  let killed = 0
  try {
    for (let first = 1; ; first += AT_ONCE) {
      const some = Array.from({ length: AT_ONCE }, (_, index) => first + index)
      const ends = await Promise.all(some.map((at) => killAt(schema, gate.keys, plan, at)))
      broken.push(...ends.flatMap((end) => end.broken))
      killed += ends.filter((end) => end.died).length
      if (ends.some((end) => !end.died) || until(broken)) return { killed, broken }
    }
  } finally {
    await gate.close()
    await pool.end()
  }
}

interface End {
  readonly died: boolean
  readonly broken: readonly string[]
}

/** What a busy machine does not do within the limits is tried anew, with other keys. */
async function killAt(
  schema: Schema,
  keys: Keys<never>,
  plan: Plan,
  statement: number,
  left = 5,
): Promise<End> {
  const ownerId = `${JSON.stringify(plan)} ${String(statement)} ${String(left)}`
  try {
    return await killOnce(schema, keys, plan, statement, ownerId)
  } catch (error) {
    if (!(error instanceof StoreError) || left === 0) throw error
    return killAt(schema, keys, plan, statement, left - 1)
  }
}

async function killOnce(
  schema: Schema,
  keys: Keys<never>,
  plan: Plan,
  statement: number,
  ownerId: string,
): Promise<End> {
  const keyId = plan.act === 'create' ? '' : await keyInGrace(keys, ownerId, plan.act)
  const name = `mortal_${String(statement)}`
  const url = new URL(schema.url)
  url.searchParams.set('application_name', name)
  const death: Death = { ...plan, url: url.href, ownerId, keyId, statement }
  const child = startProcess('mortal.ts', death)
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (code === TOO_SLOW) throw new StoreError('The process was too slow.')
  if (signal === null && code !== 0) throw new Error(`The process failed: ${String(code)}`)
  await gone(schema, name)
  const before = await keysOf(keys, ownerId)
  const broken = complaints(plan.act, before)
  await finish(keys, plan.act, before, keyId)
  const after = complaints(plan.act, await keysOf(keys, ownerId)).map((text) => `again: ${text}`)
  return {
    died: signal === 'SIGKILL',
    broken: [...broken, ...after].map((text) => `${ownerId}: ${text}`),
  }
}

/** A key that was rotated, and its successor: which of them is rotated again, or revoked. */
async function keyInGrace(keys: Keys<never>, ownerId: string, act: Plan['act']): Promise<string> {
  const { id } = await keys.create({ name: 'CI', ownerId })
  const successor = await keys.rotate(id)
  return act === 'rotate' ? successor.id : id
}

/** What the process sent may still be at work when it is dead. */
async function gone(schema: Schema, name: string): Promise<void> {
  const text = 'SELECT FROM pg_stat_activity WHERE application_name = $1'
  while ((await schema.query(text, [name])).length > 0) await pause(5)
}

async function keysOf(keys: Keys<never>, ownerId: string): Promise<readonly ApiKey[]> {
  return (await keys.list({ ownerId })).items
}

/** What must hold of all keys of an owner, at any time. */
function complaints(act: Plan['act'], keys: readonly ApiKey[]): string[] {
  const byId = new Map(keys.map((key) => [key.id, key]))
  const live = keys.filter(({ state }) => state === 'active')
  const torn = keys.filter(
    ({ id, rotatedTo, rotatedFrom }) =>
      (rotatedTo !== undefined && byId.get(rotatedTo)?.rotatedFrom !== id) ||
      (rotatedFrom !== undefined && byId.get(rotatedFrom)?.rotatedTo !== id),
  )
  const revoked = keys.filter(({ state }) => state === 'revoked')
  return [
    ...(act !== 'create' && live.length > 2 ? [`${String(live.length)} secrets live`] : []),
    ...torn.map(({ id }) => `${id} is torn from its partner`),
    ...(revoked.length === 1 ? ['one of two is revoked'] : []),
  ]
}

/** Whoever asked tries again. */
async function finish(
  keys: Keys<never>,
  act: Plan['act'],
  present: readonly ApiKey[],
  keyId: string,
): Promise<void> {
  if (act === 'revoke') await keys.revoke(keyId)
  else if (
    act === 'rotate' &&
    present.every(({ id, rotatedTo }) => id !== keyId || rotatedTo === undefined)
  ) {
    await keys.rotate(keyId)
  }
}
