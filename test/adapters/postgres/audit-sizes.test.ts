import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { queryTrail, verifyTrail, type TrailReader } from 'sallyport'
import {
  createPostgresAuditSink,
  type OpenPostgres,
  type PostgresAuditSink,
  type PostgresPool,
} from 'sallyport/postgres'
import { forgedChain } from '../../audit/places.js'
import { access } from '../../audit/trails.js'
import { databaseUrl, describeWith } from '../../services.js'
import { createSchema, openIn, type Schema } from './schema.js'

const MB = 1_048_576
const HALF = MB / 2
const TIME = '2030-01-07T10:00:00.000Z'

/** An event of about so many bytes. */
const large = (bytes: number, id?: string) =>
  access({ userAgent: 'x'.repeat(bytes), ...(id && { id, path: `/${String(bytes)}` }) })

describeWith(databaseUrl, 'of rows of any size, a trail in PostgreSQL', (url) => {
  let schema: Schema
  let pool: OpenPostgres
  let sink: PostgresAuditSink
  /** The most characters that a statement answered with. */
  let most = 0

  beforeEach(async () => {
    schema = await createSchema(url)
    pool = await openIn(schema, 2)
    await createPostgresAuditSink(pool).migrate()
    sink = createPostgresAuditSink(measured(pool))
    most = 0
  })
  afterEach(async () => {
    await pool.end()
    await schema.drop()
  })

  function measured(of: OpenPostgres): PostgresPool {
    return {
      options: of.options,
      on: (event, listener) => of.on(event, listener),
      removeListener: (event, listener) => of.removeListener(event, listener),
      async connect() {
        const client = await of.connect()
        return {
          processID: client.processID ?? null,
          on: (event, listener) => client.on(event, listener),
          removeListener: (event, listener) => client.removeListener(event, listener),
          release(error) {
            client.release(error)
          },
          async query(text, values) {
            const found: { readonly rows?: readonly unknown[] } = await client.query(text, values)
            const { rows = [] } = found
            most = Math.max(most, sizeOf(rows))
            return { ...found, rows }
          },
        }
      },
    }
  }

  function sizeOf(rows: readonly unknown[]): number {
    return rows.reduce((sum: number, one) => sum + JSON.stringify(one).length, 0)
  }

  async function add(lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      await schema.query('INSERT INTO sallyport_audit (line) VALUES ($1)', [line])
    }
  }

  /** Ten chains of three records of half a megabyte each; and one whose record is longer than any. */
  async function fill(): Promise<void> {
    for (let n = 0; n < 10; n++) {
      const start = { kind: 'start', time: TIME, instance: 'a', heads: [], torn: [] }
      const said = [start, large(HALF), large(HALF), large(HALF)]
      await add(forgedChain(`zz.${String(n)}`, said).map(({ line }) => line))
    }
    await add(forgedChain('zz.long', [large(5 * MB)]).map(({ line }) => line))
  }

  async function countOf(lines: ReturnType<TrailReader['lines']>): Promise<number> {
    let count = 0
    for await (const _ of lines) count += 1
    return count
  }

  test('reads no more at once than has room', async () => {
    await fill()
    expect(await countOf(sink.lines())).toBe(41)
    expect(await countOf(sink.lines({ since: new Date('2030-01-01') }))).toBe(41)
    expect(await countOf(sink.chain('zz.3', 0))).toBe(4)
    expect(await verifyTrail(sink.lines())).toMatchObject({ invalid: 1, unproven: 40 })
    expect(most).toBeGreaterThan(2 * MB)
    expect(most).toBeLessThan(9 * MB)
  }, 60_000)

  test('finds all, in more than one look', async () => {
    await fill()
    const damaged: string[] = []
    const onDamaged = ({ where }: { readonly where: string }) => damaged.push(where)
    const { items } = await queryTrail(sink, { limit: 200 }, { onDamaged })
    expect(items).toHaveLength(30)
    expect(damaged).toHaveLength(1)
    expect(most).toBeLessThan(9 * MB)
  }, 60_000)

  test('finds an event with few of its later words', async () => {
    const words = Array.from({ length: 14 }, (_, n) => large(HALF + n, 'x'))
    await add(forgedChain('zz.z', words).map(({ line }) => line))
    const { items } = await queryTrail(sink, { limit: 200 })
    expect(items).toHaveLength(14)
    expect(most).toBeLessThan(20 * MB)
  }, 60_000)

  test('says how chains end', async () => {
    await fill()
    const { heads, passed } = await sink.state(() => undefined)
    expect(heads).toHaveLength(10)
    expect(passed).toEqual(['sallyport_audit, writer zz.long'])
    expect(most).toBeLessThan(9 * MB)
  }, 60_000)
})
