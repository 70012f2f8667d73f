import { describe, expect, test } from '@jest/globals'
import {
  findCircles,
  findForeign,
  findThickAdapters,
  findUnfit,
  findUphill,
  readSources,
} from './structure/house.js'

const house = readSources('src', 'adapters', 'cli', 'examples')

describe('the house', () => {
  test('is read', () => {
    expect(house.size).toBeGreaterThan(50)
  })

  test.each([
    ['imports go down, never up or sideways', findUphill],
    ['no file imports itself by way of others', findCircles],
    ['files are short and ASCII, and only the faces re-export', findUnfit],
    ['adapters are thin, cast nothing and come in by the front door', findThickAdapters],
    ['the core knows no framework, no database and no file', findForeign],
  ])('%s', (_, find) => {
    expect(find(house)).toEqual([])
  })
})

describe('a house that is not in order is found out:', () => {
  test.each([
    ['up', findUphill, 'src/lib/a.ts', "import { b } from '../terms/b.js'"],
    ['sideways', findUphill, 'src/keys/a.ts', "import type { b } from '../net/b.js'"],
    ['no room', findUphill, 'src/helpers/a.ts', ''],
    ['up by type', findUphill, 'src/lib/a.ts', "export type A = import('../terms/b.js').B"],
    ['through the front door', findUphill, 'src/testing/a.ts', "import '../index.js'"],
    ['circle', findCircles, 'src/terms/b.ts', "import type { c } from './c.js'"],
    ['long', findUnfit, 'src/lib/a.ts', '\n'.repeat(251)],
    ['not ASCII', findUnfit, 'src/lib/a.ts', '// \u2026'],
    ['barrel', findUnfit, 'src/terms/index.ts', "export { b } from './b.js'"],
    ['barrel on lines', findUnfit, 'src/terms/a.ts', "export {\n  b,\n} from './b.js'"],
    ['barrel by import', findUnfit, 'src/terms/a.ts', "import { b } from './b.js'\nexport { b }"],
    ['thick', findThickAdapters, 'adapters/koa/a.ts', 'let a\n'.repeat(61)],
    ['cast', findThickAdapters, 'adapters/koa/a.ts', 'const a = b as C'],
    ['cast in angles', findThickAdapters, 'adapters/koa/a.ts', 'const a = <C>b'],
    ['other peer', findThickAdapters, 'adapters/koa/a.ts', "import 'express'"],
    ['back door', findThickAdapters, 'adapters/koa/a.ts', "import '../../src/gate.js'"],
    ['foreign', findForeign, 'src/keys/a.ts', "import pg from 'pg'"],
  ])('%s', (_, find, file, text) => {
    const sources = new Map([
      ['src/terms/c.ts', "import type { b } from './b.js'"],
      ['src/terms/b.ts', ''],
      ['src/index.ts', ''],
      ['src/net/b.ts', ''],
      [file, text],
    ])
    expect(find(sources)).toHaveLength(1)
  })
})
