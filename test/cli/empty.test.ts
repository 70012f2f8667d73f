import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { buildCommand, type Command } from './command.js'

// Each test starts a process.
jest.setTimeout(60_000)

const folder = mkdtempSync(join(tmpdir(), 'sallyport-empty-'))
const place = { SALLYPORT_DATABASE: join(folder, 'keys.db'), SALLYPORT_PREFIX: 'acme' }
let command: Command
beforeAll(async () => {
  command = buildCommand()
  expect(await command.run(['migrate'], place)).toMatchObject({ code: 0 })
})
afterAll(() => {
  command.remove()
  rmSync(folder, { recursive: true })
})

test.each([
  ['keys list', /^No keys yet\. Create one: sallyport keys create --name .* --owner .*\n$/],
  ['keys list --owner org_1', /^No keys match these options\.\n$/],
  ['keys list --scope read:orders', /^No keys match these options\.\n$/],
  ['keys due', /^No keys are due for rotation\. .*sallyport keys due --within 14d\n$/],
  ['access list', /^No requests for access yet\. .*access\.request\(/],
  ['access list --state approved', /^No requests for access match these options\.\n$/],
  ['agreements list', /^No agreements yet\. Record one: sallyport agreements record --help\n$/],
  ['webhooks list', /^No deliveries were given up\. /],
])('%s says what there is none of, and how there would be one', async (words, said) => {
  const { code, out, err } = await command.run(words.split(' '), place)
  expect([code, out, err]).toEqual([0, '', expect.stringMatching(said)])
})
