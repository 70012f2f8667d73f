import { expect, test } from '@jest/globals'
import { createTable, type Column } from '../../cli/table.js'

interface Row {
  readonly id: string
  readonly name: string
  readonly owner: string
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'NAME', width: 12, of: ({ name }) => name },
  { title: 'OWNER', width: 10, spare: 1, of: ({ owner }) => owner },
]
const ROW = {
  id: 'key_123456',
  name: 'a name of thirty characters, 30',
  owner: 'an owner of 20 chars',
}
const NATURAL = 10 + 2 + ROW.name.length + 2 + ROW.owner.length

test.each([10, 22, 27, 40, 60, NATURAL, 200])('a table has room in %d columns', (room) => {
  const missing: string[] = []
  const lines = createTable(COLUMNS, room, (titles) => missing.push(...titles))([ROW], false)
  expect(lines).toHaveLength(2)
  // An id is never cut, and 8 characters of a name are left.
  const least = 10 + 2 + 8
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(Math.max(room, least))
  expect(lines[1]).toMatch(/^key_123456 /)
  expect(missing).toEqual(room < least + 2 + 8 ? ['OWNER'] : [])
})

test('where there is room, nothing is cut', () => {
  const whole = `${ROW.id}  ${ROW.name}  ${ROW.owner}`
  for (const room of [NATURAL, Infinity])
    expect(createTable(COLUMNS, room)([ROW], false)[1]).toBe(whole)
  expect(createTable(COLUMNS, NATURAL - 1)([ROW], false)[1]).toContain('...')
})

test('later pages are cut as the first one was', () => {
  const short = { id: 'key_1', name: 'b', owner: 'c' }
  const lay = createTable(COLUMNS, 80)
  const [head = ''] = lay([short], true)
  expect(head).toBe('ID     NAME          OWNER')
  const [next = ''] = lay([{ ...ROW, id: 'key_2' }], false)
  expect(next).toBe('key_2  a name of...  an owne...')
})
