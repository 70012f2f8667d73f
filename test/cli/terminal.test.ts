import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { openSqliteKeyStore } from 'sallyport/sqlite'
import { record } from '../adapters/sqlite/setup.js'
import { describeWith, terminal } from '../services.js'
import { buildCommand, type Command } from './command.js'
import { sqlitePlace } from './databases.js'

// Each test starts several processes.
jest.setTimeout(60_000)

const CTRL_C = '\x03'
const CTRL_D = '\x04'
const CLEAR = '\r\x1b[K'

describeWith(terminal, 'on a terminal', () => {
  let command: Command
  let env: NodeJS.ProcessEnv
  beforeAll(() => {
    command = buildCommand()
  })
  afterAll(() => {
    command.remove()
  })
  beforeEach(async () => {
    const { where } = await sqlitePlace(command.folder)
    env = { SALLYPORT_DATABASE: where, SALLYPORT_PREFIX: 'acme', SALLYPORT_PEPPERS: '' }
    const store = await openSqliteKeyStore(where)
    for (let at = 0; at < 3; at++) await store.insert(record({ name: 'A\u009b31m\u202eB' }))
    store.close()
  })

  async function states(): Promise<string[]> {
    const { out } = await command.run(['keys', 'list', '--all', '--json'], env)
    const keys = out.trim().split('\n')
    return keys.map((line) => (JSON.parse(line) as { state: string }).state)
  }

  /** Waits until it has written something, and answers all that it has written. */
  function shows(child: ChildProcess, what: RegExp): Promise<string> {
    let text = ''
    return new Promise((resolve, reject) => {
      child.stdout?.on('data', (piece: Buffer) => {
        text += piece.toString()
        if (what.test(text)) resolve(text)
      })
      child.once('close', () => {
        reject(new Error(`It ended: ${text}`))
      })
    })
  }

  describe('the question before every key of an organization is revoked', () => {
    const REVOKE = ['keys', 'revoke', '--owner', 'org_1']
    const QUESTION = /Revoke every key of org_1, for good\? \[y\/N\] /

    test.each([
      ['y', 'y\r', 0, 'Revoked 3 keys, everywhere by ', 'revoked'],
      ['yes', 'YES\r', 0, 'Revoked 3 keys, everywhere by ', 'revoked'],
      ['n', 'n\r', 1, 'error: nothing was revoked', 'active'],
      ['nothing', '\r', 1, 'error: nothing was revoked', 'active'],
      ['another word', 'yesterday\r', 1, 'error: nothing was revoked', 'active'],
      ['Ctrl-C', CTRL_C, 1, 'error: nothing was revoked', 'active'],
      ['Ctrl-D', CTRL_D, 1, 'error: nothing was revoked', 'active'],
    ])('is answered by %s', async (_, keys, code, last, state) => {
      const child = command.startOnTerminal(REVOKE, env)
      const ended = command.ended(child)
      await shows(child, QUESTION)
      child.stdin?.write(keys)
      const { code: actual, out } = await ended
      expect(actual).toBe(code)
      expect(out.trimEnd().split('\r\n').at(-1)).toContain(last)
      expect(await states()).toEqual([state, state, state])
    })

    test('is not asked where --yes is said', async () => {
      const { code, out } = await command.ended(command.startOnTerminal([...REVOKE, '--yes'], env))
      expect(code).toBe(0)
      expect(out).toMatch(/^Revoked 3 keys, everywhere by [^\r\n]+\r\n$/)
    })
  })

  test('a table is plain text: nothing colours it, or moves the cursor', async () => {
    const { code, out } = await command.ended(command.startOnTerminal(['keys', 'list'], env))
    expect(code).toBe(0)
    const [head, ...rows] = out.trimEnd().split('\r\n')
    expect(head).toMatch(/^ID +HINT +NAME +OWNER +WHERE +STATE +ENDS +SCOPES$/)
    expect(rows).toHaveLength(3)
    for (const row of rows)
      expect(row).toMatch(/^key_\S+ +\.\.\.\S+ +A\?31m\?B +org_1 +live +active +- +\S.*$/)
  })

  describe('an import', () => {
    const IMPORT = ['keys', 'import', 'keys.jsonl', '--environment', 'live']
    const BAR = /\[#*\.*\] +\d+% {2}[\d,]+ lines {2}[\d,]+\/s/

    function writeKeys(count: number): void {
      const lines = Array.from({ length: count }, (_, at) =>
        JSON.stringify({ name: 'A', ownerId: 'org_2', secret: `legacy-${String(at + 1e8)}` }),
      )
      writeFileSync(join(command.folder, 'keys.jsonl'), `{}\n${lines.join('\n')}\n`)
    }

    test('has a bar that fits, and takes it away at the end', async () => {
      writeKeys(20_000)
      const { code, out } = await command.ended(command.startOnTerminal(IMPORT, env))
      expect(code).toBe(4)
      const drawn = out.split(CLEAR)
      expect(drawn.length).toBeGreaterThan(2)
      for (const bar of drawn.slice(1, -1)) expect(bar).toMatch(BAR)
      expect(Math.max(...drawn.slice(1, -1).map((bar) => bar.length))).toBeLessThan(72)
      expect(drawn[0]).toMatch(/^line 1: give either 'secret' or 'digest'\r\n$/)
      expect(drawn.at(-1)).toBe('Imported 20,000 keys; 0 there already, 1 refused.\r\n')
    })

    test('is ended by Ctrl-C, and says what it has done', async () => {
      writeKeys(100_000)
      const child = command.startOnTerminal(IMPORT, env)
      const ended = command.ended(child)
      await shows(child, BAR)
      child.stdin?.write(CTRL_C)
      const { code, out } = await ended
      expect(code).toBe(130)
      const imported = (await states()).length - 3
      const line = String(imported + 2)
      expect(out.split(CLEAR).at(-1)).toBe(
        `Imported ${imported.toLocaleString('en')} keys; 0 there already, 1 refused.\r\n` +
          `To go on: the same command with --from-line ${line}\r\n`,
      )
    })
  })
})
