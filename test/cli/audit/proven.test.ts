import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { queryTrail } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { auditedGate, KEY, requestWith, SIGNING } from '../../audit/gates.js'
import { forgedChain } from '../../audit/places.js'
import { access } from '../../audit/trails.js'
import { buildCommand, type Command } from '../command.js'

// Each test starts several processes.
jest.setTimeout(60_000)

let command: Command
beforeAll(async () => {
  command = buildCommand()
  const directory = join(command.folder, 'audit')
  const gate = auditedGate({ sink: createAuditFiles(directory), key: SIGNING.key })
  const { secret } = await gate.keys.create({ ...KEY, ownerId: 'thief' })
  await gate.check(requestWith(secret))
  await gate.close()
  writeFileSync(join(command.folder, 'audit.pem'), SIGNING.publicKeys[0] ?? '')
  const time = new Date().toISOString()
  const said = Array.from({ length: 60 }, () => access({ time, ownerId: 'innocent' }))
  const lines = forgedChain('zz.z', said).map(({ line }) => `${line}\n`)
  writeFileSync(join(directory, `${time.slice(0, 10)}.zz.z.0001.jsonl`), lines.join(''))
})
afterAll(() => {
  command.remove()
})

const KEYED = ['--public-key', 'audit.pem']

test.each([
  ['query', '--json'],
  ['tail', '--json'],
  ['export', ''],
])('%s tells, where it is asked, only of what a checkpoint vouches for', async (name, json) => {
  const args = ['audit', name, 'audit', ...(json === '' ? [] : [json])]
  const owners = async (more: readonly string[]) => {
    const { code, out } = await command.run([...args, ...more])
    expect(code).toBe(0)
    const events = out.trim().split('\n')
    return events.map((line) => (JSON.parse(line) as { ownerId: string }).ownerId)
  }
  expect(await owners([...KEYED, '--proven'])).toEqual(['thief', 'thief'])
  expect(await owners(KEYED)).toContain('innocent')
  const { code, err } = await command.run([...args, '--proven'])
  expect([code, err]).toEqual([2, expect.stringContaining('--proven needs a --public-key')])
})

test.each(['query', 'tail'])('%s says how much of what it shows is unproven', async (name) => {
  const { err } = await command.run(['audit', name, 'audit', ...KEYED])
  expect(err).toMatch(/(50 of 50|20 of 20) events unproven: .*--proven/)
  const proven = await command.run(['audit', name, 'audit', ...KEYED, '--proven'])
  expect(proven.err).toBe('')
  // The control: without a key, nothing can be proven.
  expect((await command.run(['audit', name, 'audit'])).err).not.toContain('unproven')
})

test('a page says how many of its events no checkpoint vouches for, where a key is known', async () => {
  const files = createAuditFiles(join(command.folder, 'audit'))
  const { publicKeys } = SIGNING
  expect(await queryTrail(files, { limit: 60 }, { publicKeys })).toMatchObject({ unproven: 60 })
  expect(await queryTrail(files, { limit: 200 }, { publicKeys })).toMatchObject({ unproven: 60 })
  const proven = await queryTrail(files, { proven: true }, { publicKeys })
  expect(proven).toMatchObject({ unproven: 0 })
  expect(await queryTrail(files)).not.toHaveProperty('unproven')
})

test('a report reviews, where it is asked, only what a checkpoint vouches for', async () => {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
  const requests = async (more: readonly string[]) => {
    const args = ['audit', 'report', 'audit', '--to', tomorrow, '--json', ...KEYED, ...more]
    const { out } = await command.run(args)
    return (JSON.parse(out) as { totals: { requests: number } }).totals.requests
  }
  expect(await requests(['--proven'])).toBe(1)
  expect(await requests([])).toBe(61)
})

test('what is followed is not proven yet', async () => {
  const { code, err } = await command.run(['audit', 'tail', 'audit', '-f', '--proven', ...KEYED])
  expect([code, err]).toEqual([2, expect.stringContaining('give --proven or --follow')])
})
