import { afterAll, beforeAll, test } from '@jest/globals'
import {
  createPostgresAuditSink,
  type OpenPostgres,
  type PostgresAuditSink,
} from 'sallyport/postgres'
import { auditSinkCases } from 'sallyport/testing'
import { databaseUrl, describeWith } from '../../services.js'
import { createSchema, openIn, type Schema } from './schema.js'

describeWith(databaseUrl, 'an audit sink on PostgreSQL', (url) => {
  let schema: Schema
  let empty: Schema
  let pools: readonly OpenPostgres[]
  let sinks: readonly PostgresAuditSink[]
  beforeAll(async () => {
    schema = await createSchema(url)
    empty = await createSchema(url)
    pools = await Promise.all([openIn(schema, 4), openIn(schema, 4), openIn(empty, 1)])
    sinks = pools.map(createPostgresAuditSink)
    await sinkAt(0).migrate()
  })
  afterAll(async () => {
    for (const pool of pools) await pool.end()
    for (const each of [schema, empty]) await each.drop()
  })

  function sinkAt(index: number): PostgresAuditSink {
    const sink = sinks[index]
    if (sink === undefined) throw new Error('no sink')
    return sink
  }

  const cases = auditSinkCases(
    () => [sinkAt(0), sinkAt(1)],
    () => sinkAt(2),
  )
  for (const { name, run } of cases) test(name, run, 30_000)
})
