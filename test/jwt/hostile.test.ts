import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { programOf } from '../program.js'
import { createPair, signToken } from './issuer.js'
import { json, startIssuer, type Answer, type IssuerServer } from './issuer-server.js'

const CERTIFICATE = join(import.meta.dirname, '../adapters/tls/certificate.pem')
/** 9 MiB were seen; what is read to its end costs 200. A collector that is late on a busy machine has room. */
const MAX_KIB = 32 * 1_024
const pair = createPair('ES256', 'key-1')

/** Bytes without an end, as far as somebody reads them. */
const flood: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const piece = 'x'.repeat(65_536)
  const more = (left: number): void => {
    if (left === 0 || response.destroyed) response.end()
    else response.write(piece, () => setImmediate(more, left - 1))
  }
  more(3_200)
}

const ANSWERS: Readonly<Record<string, Answer>> = {
  '/small': json({ keys: [] }),
  '/body': flood,
  '/keys': json({ keys: Array.from({ length: 100_000 }, (_, kid) => ({ kid: String(kid) })) }),
  '/deep': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`{"keys":${'['.repeat(200_000)}${']'.repeat(200_000)}}`)
  },
}

let server: IssuerServer
beforeAll(async () => {
  server = await startIssuer((path) => ANSWERS[path])
})
afterAll(() => server.close())

test('a set of 200 MiB, one of 100,000 keys and one without a bottom cost 32 MiB at most', async () => {
  const args = [server.url, await signToken({}, pair)]
  const program = programOf(join(import.meta.dirname, 'hostile.ts'))
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: CERTIFICATE }
  const child = fork(program, args, { execArgv: ['--expose-gc'], env })
  const [told] = (await once(child, 'message')) as [{ reasons: string[]; grownKiB: number }]
  expect(new Set(told.reasons)).toEqual(new Set(['issuer_unavailable']))
  expect(server.asked.filter((path) => path !== '/small')).toHaveLength(6)
  expect(told.grownKiB).toBeLessThanOrEqual(MAX_KIB)
})
