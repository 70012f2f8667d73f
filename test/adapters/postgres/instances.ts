import { afterAll, beforeAll } from '@jest/globals'
import type { OpenPostgres } from 'sallyport/postgres'
import { createSchema, makeTables, openTwo, type Schema } from './schema.js'

interface Instances {
  readonly schema: Schema
  readonly pools: readonly [OpenPostgres, OpenPostgres]
}

/** For a `describe`: before its tests, a schema with the tables of keys, and two instances in it; after them, neither. */
export function useInstances(url: string): Instances {
  let schema: Schema
  let pools: Instances['pools']
  beforeAll(async () => {
    schema = await createSchema(url)
    await makeTables(schema)
    pools = await openTwo(schema)
  })
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()))
    await schema.drop()
  })
  return {
    get schema() {
      return schema
    },
    get pools() {
      return pools
    },
  }
}
