import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { tablesMadeBy } from 'sallyport'
import { AUDIT_TABLES } from '../../../adapters/postgres/audit-schema.js'
import { KEYS_TABLES } from '../../../adapters/postgres/schema.js'
import { FEATURES, tablesOf } from '../../../cli/doctor/tables.js'

const page = readFileSync(join(import.meta.dirname, '../../../docs/postgres.md'), 'utf8')
const rows = [...page.matchAll(/^\| `(sallyport_\w+)` *\|[^|]*\|([^|]*)\|$/gm)]
const named = rows.map(([, table = '', rights = '']) => [
  table,
  [...rights.matchAll(/`(\w+)`/g)].map(([, right]) => right),
])

test('the page of PostgreSQL has every table that migrations make, and no other', () => {
  const made = [KEYS_TABLES, AUDIT_TABLES].flatMap(({ steps }) => tablesMadeBy(steps))
  expect(made.length).toBeGreaterThan(10)
  expect(named.map(([table]) => table).toSorted()).toEqual(
    [...new Set([...made, 'sallyport_migrations'])].toSorted(),
  )
})

test('and the rights that the doctor asks for', () => {
  expect(Object.fromEntries(named)).toEqual(
    Object.assign({}, ...FEATURES.map(({ tables }) => tables)),
  )
  expect(named).toHaveLength(tablesOf(FEATURES).length)
})
