import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { createGate, type TokenOptions } from 'sallyport'
import { buildCommand, type Command } from './command.js'

jest.setTimeout(60_000)

let command: Command
beforeAll(() => {
  command = buildCommand()
})
afterAll(() => {
  command.remove()
})

/** The header of a token that a gate signs with it. */
async function headerWith(signingKeys: TokenOptions['signingKeys']): Promise<unknown> {
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: [],
    tokens: { issuer: 'https://api.example.com', ...(signingKeys && { signingKeys }) },
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  const { accessToken } = await gate.tokens.exchange(secret)
  expect(await gate.verify(accessToken)).toMatchObject({ allowed: true })
  return JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString())
}

test('signing-key generate makes a JWK that a gate signs with; its name is told beside it', async () => {
  const { code, out, err } = await command.run(['signing-key', 'generate'])
  const jwk = JSON.parse(out) as { kid: string; d: string; n: string }
  expect([code, err]).toEqual([0, `Made a key for RS256; its kid is ${jwk.kid}.\n`])
  expect(Buffer.from(jwk.n, 'base64url')).toHaveLength(384)
  expect(await headerWith([jwk as never])).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: jwk.kid })
})

test.each(['ES256', 'EdDSA'])(
  'in PEM, for %s, in a file for its owner alone',
  async (algorithm) => {
    const file = `${algorithm}.pem`
    const args = ['--algorithm', algorithm, '--format', 'pem', '--output', file]
    const { code, out, err } = await command.run(['signing-key', 'generate', ...args])
    const path = join(command.folder, file)
    const pem = readFileSync(path, 'utf8')
    expect([code, out, statSync(path).mode & 0o777]).toEqual([0, '', 0o600])
    const kid = / kid is (\S+)\./.exec(err)?.[1]
    expect(await headerWith([pem])).toEqual({ alg: algorithm, typ: 'at+jwt', kid })

    // Never over a key that is there.
    const again = await command.run(['signing-key', 'generate', ...args])
    expect([again.code, again.err]).toEqual([
      2,
      'error: --output: the file cannot be written: file already exists\n',
    ])
    expect(readFileSync(path, 'utf8')).toBe(pem)
  },
)

test('a folder that is not there, and an algorithm that is none', async () => {
  const missing = await command.run(['signing-key', 'generate', '--output', 'none/key.json'])
  expect([missing.code, missing.err]).toEqual([
    2,
    'error: --output: the file cannot be written: no such file or directory\n',
  ])
  const wrong = await command.run(['signing-key', 'generate', '--algorithm', 'HS256'])
  expect(wrong.code).toBe(2)
})

test('describe prints what a module of the app exports, and ends whatever the app has opened', async () => {
  const text = `
    setInterval(() => undefined, 1_000)
    export const description = { openApi: () => ({ openapi: '3.1.0' }), postman: () => 'a'.repeat(200_000) }`
  writeFileSync(join(command.folder, 'description.mjs'), text)
  const printed = await command.run(['describe', 'description.mjs'])
  expect(printed).toEqual({ code: 0, out: '{\n  "openapi": "3.1.0"\n}\n', err: '' })
  const { code, out } = await command.run(['describe', 'description.mjs', '--format', 'postman'])
  expect([code, JSON.parse(out)]).toEqual([0, 'a'.repeat(200_000)])
})

test('describe says what is wrong with a module', async () => {
  writeFileSync(join(command.folder, 'other.mjs'), 'export const app = 1')
  const other = await command.run(['describe', 'other.mjs'])
  expect([other.code, other.err]).toEqual([
    2,
    expect.stringContaining("does not export 'description'"),
  ])
  const missing = await command.run(['describe', 'missing.mjs'])
  expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('cannot be loaded')])
})
