import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { buildCommand } from './command.js'

const command = buildCommand()
const env = { SALLYPORT_DATABASE: 'keys.db', SALLYPORT_PREFIX: 'acme', SALLYPORT_PEPPERS: '' }

afterAll(() => {
  command.remove()
})

/** Runs a command whose standard output nobody reads: it is closed before the command has begun to write. */
async function runUnread(args: readonly string[]) {
  const child = command.start(args, env)
  child.stdout?.destroy()
  const { code, err } = await command.ended(child)
  return { code, err }
}

/** A trail of which one record was taken away. */
async function makeBrokenTrail(): Promise<void> {
  const directory = join(command.folder, 'audit')
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [], onError: () => undefined },
    audit: { sink: createAuditFiles(directory) },
  })
  for (const name of ['a', 'b', 'c'])
    await gate.keys.create({ name, ownerId: 'org_1', environment: 'live' })
  await gate.close()
  const [file = ''] = readdirSync(directory)
  const lines = readFileSync(join(directory, file), 'utf8').split('\n')
  writeFileSync(join(directory, file), lines.toSpliced(2, 1).join('\n'))
}

const LOST = 'error: what the command has to say could not be written to standard output: '

test('a trail that is not whole is told by the exit code, also where nobody reads why', async () => {
  await makeBrokenTrail()
  const verify = ['audit', 'verify', 'audit', '--unsigned']
  expect(await command.run(verify)).toMatchObject({ code: 1 })
  expect(await runUnread(verify)).toMatchObject({ code: 1 })
  expect(await runUnread([...verify, '--json'])).toMatchObject({ code: 1 })
  // It only shows something.
  expect(await runUnread(['audit', 'export', 'audit'])).toEqual({ code: 0, err: '' })
})

test('so is what the doctor has found', async () => {
  expect(await runUnread(['doctor', '--database', 'none.db'])).toMatchObject({ code: 1 })
})

test('a secret that nobody has read is no success', async () => {
  expect(await command.run(['migrate'], env)).toMatchObject({ code: 0 })
  const create = ['keys', 'create', '--name', 'a', '--owner', 'o', '--environment', 'live']
  const { code, err } = await runUnread(create)
  expect(code).toBe(70)
  expect(err).toContain(LOST)
  expect(await runUnread(['keys', 'list'])).toEqual({ code: 0, err: '' })
})
