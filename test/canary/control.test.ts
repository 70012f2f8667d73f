import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { SIGNING } from '../audit/gates.js'
import { createPair, signToken } from '../jwt/issuer.js'
import { listenToChannels, listenToLogs } from './listen.js'
import { addFiles, createHaystack, kindsOf, type Haystack } from './search.js'
import { strangers } from './site.js'

let folder: string
let haystack: Haystack
let deafen: () => void

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-canary-'))
  haystack = createHaystack()
  deafen = listenToChannels(haystack)
})
afterEach(() => {
  deafen()
  rmSync(folder, { recursive: true })
})

describe('control: it is found out', () => {
  const { stranger } = strangers('acme')
  const planted = new Map([['a key', stranger]])
  const core = stranger.slice(-33)

  test.each<[string, (secret: string) => unknown]>([
    ['an error', (secret) => new Error(`no key ${secret}`)],
    ['its cause', (secret) => new Error('no', { cause: new Error(secret) })],
    ['a member of it', (secret) => Object.assign(new Error('no'), { args: [{ secret }] })],
    ['base64', (secret) => ({ basic: Buffer.from(`id:${secret}`).toString('base64') })],
    ['base64url', (secret) => [Buffer.from(`some id:${secret}`).toString('base64url')]],
    ['hex', (secret) => Buffer.from(secret).toString('hex')],
    ['percent-encoding', (secret) => encodeURIComponent(secret)],
    ['its random part alone', () => core],
  ])('%s', (_, make) => {
    haystack.addValue('here', make(stranger))
    expect(kindsOf(haystack.search(planted))).toHaveLength(1)
  })

  test('a file, the console, a standard stream', () => {
    const quiet = listenToLogs(haystack)
    console.error(`no key ${stranger}`)
    process.stdout.write(stranger)
    quiet()
    writeFileSync(join(folder, 'trail'), `{"path":"/${stranger}"}`)
    addFiles(haystack, folder)
    expect(haystack.search(planted).map(([, where]) => where)).toEqual(
      expect.arrayContaining(['console', 'stream', 'file trail']),
    )
  })

  test('a token in a path, where nothing tells by its looks what is secret', async () => {
    const open = (make: typeof createGate, trail: string) =>
      make({
        ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
        audit: { sink: createAuditFiles(join(folder, trail)) },
      })
    const token = await signToken({}, createPair('ES256', 'key-1'))
    const ask = async (gate: ReturnType<typeof open>) => {
      const request = { method: 'GET', url: `/${token}`, rawHeaders: [] }
      await gate.check({ ...request, peer: { encrypted: true } })
      await gate.close()
    }
    // All of it is loaded before anything is put in the place of a part.
    await ask(open(createGate, 'a'))
    jest.resetModules()
    jest.unstable_mockModule('../../src/core/secrets.js', () => ({
      withoutSecrets: (text: string) => text,
      hasSecret: () => false,
    }))
    const careless = await import('sallyport')
    await ask(open(careless.createGate, 'b'))
    const [careful, found] = [createHaystack(), createHaystack()]
    addFiles(careful, join(folder, 'a'))
    addFiles(found, join(folder, 'b'))
    const asked = new Map([['a token', token]])
    expect([careful.search(asked), kindsOf(found.search(asked)).length]).toEqual([[], 1])
  })

  test('what nobody can know to be a secret stands in the trail', async () => {
    const gate = createGate({
      ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
      audit: { sink: createAuditFiles(folder), key: SIGNING.key },
    })
    const request = { method: 'GET', url: '/a-word-that-somebody-knows', rawHeaders: [] }
    await gate.check({ ...request, peer: { encrypted: true } })
    await gate.close()
    addFiles(haystack, folder)
    const found = haystack.search(new Map([['a word', 'a-word-that-somebody-knows']]))
    expect(found.map(([, where]) => where.slice(0, 4))).toContain('file')
    expect(found.map(([, where]) => where)).toContain('channel sallyport:decisions')
  })
})
