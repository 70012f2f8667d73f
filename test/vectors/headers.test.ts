import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import express from 'express'
import { createGate } from 'sallyport'
import { guard } from 'sallyport/express'
import { sendRaw } from '../adapters/raw-http.js'
import { listen } from '../adapters/servers.js'
import { readVectors } from './read.js'

interface Expected {
  readonly status: number
  readonly error?: string | null
  readonly wwwAuthenticate?: string
}

interface Case {
  readonly id: string
  readonly rawHeaders: readonly (readonly [string, string])[]
  readonly query?: string
  readonly expect: string | Expected
}

const { tests } = readVectors('http/auth-header-cases.json') as { readonly tests: readonly Case[] }

/** Where this gate is not what the vector asks about. */
const OURS: Readonly<Record<string, Expected>> = {
  // DPoP is a scheme that we do not support: as with Basic, the challenge has no error.
  'dpop-no-proof': { status: 401, error: null },
  'dpop-two-proofs': { status: 401, error: null },
  // Nothing here reads Host: two of them are no reason to refuse a key.
  'two-host': { status: 200 },
}

let server: Server
let port: number
const secrets = new Map<string, string>()

beforeAll(async () => {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
  const first = await gate.keys.create({ name: 'First', ownerId: 'org_1' })
  const second = await gate.keys.create({ name: 'Second', ownerId: 'org_1' })
  secrets.set('<T>', first.secret).set('<K>', first.secret).set('<K2>', second.secret)
  secrets.set('<P>', 'proof').set('<P2>', 'proof-2').set('<A*8193>', 'A'.repeat(8_193))
  const app = express()
  app.use(guard(gate))
  app.get('/', (_, res) => {
    res.json('in')
  })
  ;({ server, port } = await listen(app))
})

afterAll(() => {
  server.close()
})

/** Puts the secrets where a vector names them; a name that nobody knows is a mistake in this file. */
function filled(text: string): string {
  return text.replace(/<[^>]+>/g, (name) => {
    const value = secrets.get(name)
    if (value === undefined) throw new Error(`No value for ${name}`)
    return value
  })
}

async function send(lines: readonly string[], query = '') {
  const { status, headers } = await sendRaw(port, [`GET /${query} HTTP/1.1`, ...lines])
  const challenge = headers['www-authenticate']
  return { status, challenge, error: /error="([^"]*)"/.exec(challenge ?? '')?.[1] ?? null }
}

function expectedOf({ id, expect: wanted }: Case): Expected {
  const ours = OURS[id]
  if (ours !== undefined) return ours
  if (typeof wanted !== 'string') {
    return wanted.wwwAuthenticate === undefined ? wanted : { ...wanted, error: null }
  }
  if (!wanted.startsWith('extract')) throw new Error(`Not understood: ${wanted}`)
  return { status: 200, error: null }
}

describe('credentials on the wire', () => {
  test('are read', () => {
    expect(tests.length).toBe(20)
    expect(tests.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(OURS)))
  })

  test.each(tests.map((vector) => [vector.id, vector] as const))('%s', async (id, vector) => {
    const lines = vector.rawHeaders.map(([name, value]) => `${name}: ${filled(value)}`)
    if (id === 'two-host') lines.push(filled('X-Api-Key: <K>'))
    else lines.unshift('Host: api.example')
    const query = vector.query === undefined ? '' : `?${filled(vector.query)}`
    const answer = await send(lines, query)
    const { status, error } = expectedOf(vector)
    expect(answer).toMatchObject({ status, ...(error !== undefined && { error }) })
    // RFC 9110 section 15.5.2: a 401 always tells how to authenticate.
    if (status === 401) expect(answer.challenge).toMatch(/^Bearer realm="[^"]*"/)
    if (status === 200) expect(answer.challenge).toBeUndefined()
  })

  test.each(['Authorization:', 'Authorization: ', 'X-Api-Key:'])(
    '"%s" is missing, as it is empty',
    async (line) => {
      expect(await send(['Host: api.example', line])).toMatchObject({ status: 401, error: null })
    },
  )

  test('a header of 100 kB does not get as far as the gate', async () => {
    const line = `Authorization: Bearer ${'A'.repeat(100_000)}`
    expect((await send(['Host: api.example', line])).status).toBe(431)
  })

  test.each([
    [999, [200]],
    [1_000, [400]],
    // Newer versions of Node answer 431 themselves.
    [1_001, [400, 431]],
  ])('%d header lines: %j', async (count, statuses) => {
    // Host and the key, and Connection, which sendRaw adds.
    const more = Array<string>(count - 3).fill('a: b')
    const answer = await send(['Host: api.example', filled('X-Api-Key: <K>'), ...more])
    expect(statuses).toContain(answer.status)
  })
})
