import { describe, expect, test } from '@jest/globals'
import {
  findBackDoors,
  findCircles,
  findEagerSchemas,
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
    ['the command and the examples come in by the entries of the package', findBackDoors],
    ['the core knows no framework, no database and no file', findForeign],
    ['a schema is made when it is first asked for', findEagerSchemas],
  ])('%s', (_, find) => {
    expect(find(house)).toEqual([])
  })
})

describe('a house that is not in order is found out:', () => {
  test.each([
    ['up', findUphill, 'src/lib/a.ts', "import { b } from '../core/b.js'"],
    ['sideways', findUphill, 'src/limits/a.ts', "import type { b } from '../http/b.js'"],
    ['up within a folder', findUphill, 'src/keys/a.ts', "import type { b } from './http/b.js'"],
    ['no room', findUphill, 'src/helpers/a.ts', ''],
    ['up by type', findUphill, 'src/lib/a.ts', "export type A = import('../core/b.js').B"],
    ['through the front door', findUphill, 'src/testing/a.ts', "import '../index.js'"],
    ['circle', findCircles, 'src/core/b.ts', "import type { c } from './c.js'"],
    ['long', findUnfit, 'src/lib/a.ts', '\n'.repeat(251)],
    ['not ASCII', findUnfit, 'src/lib/a.ts', '// \u2026'],
    ['barrel', findUnfit, 'src/core/index.ts', "export { b } from './b.js'"],
    ['barrel on lines', findUnfit, 'src/core/a.ts', "export {\n  b,\n} from './b.js'"],
    ['barrel by import', findUnfit, 'src/core/a.ts', "import { b } from './b.js'\nexport { b }"],
    ['thick', findThickAdapters, 'adapters/koa/a.ts', 'let a\n'.repeat(61)],
    ['cast', findThickAdapters, 'adapters/koa/a.ts', 'const a = b as C'],
    ['cast in angles', findThickAdapters, 'adapters/koa/a.ts', 'const a = <C>b'],
    ['other peer', findThickAdapters, 'adapters/koa/a.ts', "import 'express'"],
    ['back door', findThickAdapters, 'adapters/koa/a.ts', "import '../../src/gate/gate.js'"],
    ['command', findBackDoors, 'cli/keys/a.ts', "import { b } from '../../src/keys/b.js'"],
    ['command by type', findBackDoors, 'cli/a.ts', "export type A = import('../src/core/b.js').B"],
    ['example', findBackDoors, 'examples/a.ts', "import '../adapters/koa/b.js'"],
    ['a schema', findEagerSchemas, 'src/keys/a.ts', 'const b = z\n  .string()'],
    ['foreign', findForeign, 'src/keys/a.ts', "import pg from 'pg'"],
  ])('%s', (_, find, file, text) => {
    const sources = new Map([
      ['src/core/c.ts', "import type { b } from './b.js'"],
      ['src/core/b.ts', ''],
      ['src/index.ts', ''],
      ['src/http/b.ts', ''],
      ['src/keys/http/b.ts', ''],
      [file, text],
    ])
    expect(find(sources)).toHaveLength(1)
  })
})
