import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
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
