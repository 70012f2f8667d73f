import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { shell } from '../adapters/sqlite/setup.js'
import { databaseUrl, describeWith } from '../services.js'
import { buildCommand, type Command } from './command.js'
import { postgresPlace } from './databases.js'

// Each test starts several processes.
jest.setTimeout(60_000)

const CREATE = ['keys', 'create', '--name', 'A', '--owner', 'org_1', '--environment', 'live']
const OTHERS = [CREATE, ['keys', 'list'], ['keys', 'revoke', '--owner', 'org_1', '--yes']]
const ADVICE = "(make the tables with 'sallyport migrate')"

let command: Command
beforeAll(() => {
  command = buildCommand()
})
afterAll(() => {
  command.remove()
})

async function refused(where: string, message: string) {
  for (const args of OTHERS) {
    const { code, out, err } = await command.run([...args, '--database', where, '--json'], {
      SALLYPORT_PREFIX: 'acme',
    })
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toMatch(/^error: [^\n]+\n$/)
    expect(err).toContain(message)
  }
}

describe('a SQLite file', () => {
  test('without tables gets them from migrate, and from nothing else', async () => {
    const file = join(command.folder, 'empty.db')
    writeFileSync(file, '')
    await refused(file, `missing, or were made by an older sallyport. ${ADVICE}`)
    expect(statSync(file).size).toBe(0)
    expect(await command.run(['migrate', '--database', file])).toMatchObject({ code: 0, err: '' })
    expect((await command.run(['keys', 'list', '--database', file])).code).toBe(0)
  })

  test('of a newer version is not touched', async () => {
    const file = join(command.folder, 'newer.db')
    await command.run(['migrate', '--database', file])
    shell(file, 'UPDATE sallyport_migrations SET version = 99, readable_from = 98')
    await refused(file, 'version 99, made by a newer sallyport')
    expect((await command.run(['migrate', '--database', file])).code).toBe(3)
    expect(shell(file, 'SELECT version FROM sallyport_migrations')).toMatchObject([{ version: 99 }])
  })

  test('in a folder that is not there is not made', async () => {
    const { code, err } = await command.run(['migrate', '--database', 'nowhere/keys.db'])
    expect(code).toBe(3)
    expect(err).toMatch(
      /^error: The file 'nowhere\/keys\.db' cannot be opened: no such file or directory\n$/,
    )
  })
})

describeWith(databaseUrl, 'PostgreSQL', (url) => {
  test('without tables gets them from migrate, and from nothing else', async () => {
    const { where, drop } = await postgresPlace(url)
    await refused(where, ADVICE)
    expect(await command.run(['migrate', '--database', where])).toMatchObject({ code: 0, err: '' })
    expect((await command.run(['keys', 'list', '--database', where])).code).toBe(0)
    await drop()
  })
})
