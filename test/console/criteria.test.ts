import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { titlesIn } from '../titles.js'

const TESTS = join(import.meta.dirname, '..')
const page = readFileSync(join(TESTS, '../docs/console-tests.md'), 'utf8')
const rows = page.split('\n').flatMap((line) => {
  const [, number, shownBy = ''] = /^\| (\d+) +\|.*\| (`.*`) *\|$/.exec(line) ?? []
  return number === undefined ? [] : [[Number(number), proofsIn(shownBy)] as const]
})

function proofsIn(text: string) {
  return [...text.matchAll(/`([\w/-]+\.test\.ts)` `([^`]+)`/g)].map(
    ([, file = '', title = '']) => [file, title] as const,
  )
}

const known = new Map<string, ReadonlySet<string>>()

function has([file, title]: readonly [string, string]): boolean {
  const titles = known.get(file) ?? titlesIn(join(TESTS, file))
  known.set(file, titles)
  return titles.has(title)
}

describe('docs/console-tests.md', () => {
  test('has each of the fifty criteria once', () => {
    expect(rows.map(([number]) => number)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
  })

  test.each(rows)('%i is shown by tests that are there', (_, proofs) => {
    expect(proofs.length).toBeGreaterThan(0)
    expect(proofs.filter((proof) => !has(proof))).toEqual([])
  })

  test('control: a test that is not there is missed', () => {
    const [file, title] = rows[0]?.[1][0] ?? ['', '']
    expect([has([file, title]), has([file, `${title}.`])]).toEqual([true, false])
  })
})
