import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { buildCommand, type Command } from './command.js'

// Each test starts several processes.
jest.setTimeout(60_000)

let command: Command
beforeAll(() => {
  command = buildCommand()
})
afterAll(() => {
  command.remove()
})

test('a plan that no other key has is warned of, where other keys have plans', async () => {
  const env = { SALLYPORT_DATABASE: join(command.folder, 'plans.db'), SALLYPORT_PEPPERS: '' }
  const run = (...args: readonly string[]) => command.run(args, env)
  await run('migrate')
  const create = async (...more: readonly string[]) => {
    const named = ['--name', 'CI', '--owner', 'org_1', '--environment', 'live', '--prefix', 'acme']
    const { code, out, err } = await run('keys', 'create', ...named, '--json', ...more)
    expect(code).toBe(0)
    return { err, id: (JSON.parse(out) as { id: string }).id }
  }
  // Nothing to compare with.
  expect((await create()).err).toBe('')
  expect((await create('--plan', 'pro')).err).toBe('')
  expect((await create('--plan', 'pro')).err).toBe('')
  const { err, id } = await create('--plan', 'proo')
  expect(err).toBe(
    "Warning: no other key has the plan 'proo'; others have 'pro'. If your app does not have this plan, each request with the key gets 503.\n",
  )
  // What the key itself has says nothing.
  expect((await run('keys', 'update', id, '--plan', 'proo')).err).toContain("the plan 'proo'")
  expect((await run('keys', 'update', id, '--plan', 'pro')).err).toBe('')
  expect((await run('keys', 'update', id, '--no-plan')).err).toBe('')
})
