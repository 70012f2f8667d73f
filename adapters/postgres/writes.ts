import type { CallerCondition, KeyChange, KeyStore } from '../../src/index.js'
import type { Run } from './client.js'
import { idOf, jsonOf, plain, timestamp } from './rows.js'
import * as sql from './statements.js'

/** What changes keys, each on its own or all of several. */
export type KeyWrites = Required<
  Pick<KeyStore, 'insert' | 'insertAll' | 'update' | 'updateAll' | 'rotate' | 'suspendCreation'>
>

export function createKeyWrites(write: Run): KeyWrites {
  async function updateAll(
    wanted: readonly KeyChange[],
    provided?: CallerCondition,
  ): Promise<boolean> {
    const changes = wanted.map(({ id, patch, expectedVersion = null }) => ({
      id,
      version: expectedVersion,
      patch: plain(patch),
    }))
    const { key } = provided ?? {}
    const values = [JSON.stringify(changes), key?.id ?? null, key?.version ?? null]
    return (await write(sql.UPDATE, values)).length === wanted.length
  }

  return {
    async insert(record, provided) {
      return (await write(sql.INSERT, [jsonOf(record), ...valuesOf(provided)])).length === 1
    },
    async insertAll(records) {
      const firsts = records.filter(
        (one, at) =>
          at === records.findIndex(({ id, digest }) => id === one.id || digest === one.digest),
      )
      const rows = await write(sql.INSERT_FREE, [`[${firsts.map(jsonOf).join(',')}]`])
      const inserted = new Set(rows.map(idOf))
      return records.map((one) => firsts.includes(one) && inserted.has(one.id))
    },
    update: (id, patch, expectedVersion, provided) =>
      updateAll([{ id, patch, expectedVersion }], provided),
    updateAll: (wanted) => updateAll(wanted),
    async rotate(id, expectedVersion, endsAt, successor, provided) {
      const given = [id, expectedVersion, timestamp(endsAt), jsonOf(successor)]
      const values = [...given, ...valuesOf(provided)]
      return (await write(sql.ROTATE, values)).length === 1
    },
    async suspendCreation(ownerId, id, durationMs) {
      if (durationMs > 0) await write(sql.SUSPEND, [ownerId, id, durationMs])
      else await write(sql.RESUME, [ownerId, id])
    },
  }
}

function valuesOf({ key, ownerId }: Partial<CallerCondition> = {}) {
  return [key?.id ?? null, key?.version ?? null, ownerId ?? null]
}
