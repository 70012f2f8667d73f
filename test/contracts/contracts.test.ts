import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createSchema, type Schema } from '../adapters/postgres/schema.js'
import { dose } from '../dose.js'
import { databaseUrl, redisUrl } from '../services.js'
import { readContract } from './contract.js'
import { exchange } from './exchange.js'
import { expectAudited } from './audited.js'
import { PENDING, PENDING_CREDENTIALS } from './pending.js'
import { startExample, type RunningExample } from './server.js'

const SYSTEMS = ['nimbus', 'healthcloud', 'healthsync', 'novamed', 'reference']
const WAYS = [
  'in memory',
  'on SQLite',
  ...(databaseUrl === undefined || redisUrl === undefined ? [] : ['on PostgreSQL with Redis']),
]

describe.each(SYSTEMS)('%s', (system) => {
  const { cases, credentials } = readContract(system)
  const pending = PENDING[system] ?? {}

  const all = ['express', 'koa'].flatMap((framework) =>
    WAYS.map((way) => [framework, way] as const),
  )
  // Each system on each store, and on each framework.
  const servers = all.filter((_, at) => dose(at % 2 === SYSTEMS.indexOf(system) % 2, true))

  describe.each(servers)('on %s, %s', (framework, way) => {
    const saved = new Map<string, string>()
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-contract-'))
    const trail = join(folder, 'audit')
    let schema: Schema | undefined
    let example: RunningExample

    beforeAll(async () => {
      const more: string[] = []
      if (way === 'in memory') more.push('--database', ':memory:')
      else if (way === 'on SQLite') more.push('--database', join(folder, 'keys.db'))
      else {
        schema = await createSchema(String(databaseUrl))
        more.push('--database', schema.url, '--redis', String(redisUrl))
      }
      example = await startExample(system, framework, {}, '--audit', trail, ...more)
    }, 60_000)

    afterAll(async () => {
      await example.stop()
      await schema?.drop()
      rmSync(folder, { recursive: true })
      expect(example.output().split('\n')).toHaveLength(1)
    })

    test('seeds the credentials of the contract', () => {
      const seeded = [...Object.keys(example.credentials), ...(PENDING_CREDENTIALS[system] ?? [])]
      expect(seeded).toEqual(expect.arrayContaining(Object.keys(credentials)))
    })

    for (const contract of cases) {
      const waitsFor = pending[contract.name]
      if (waitsFor === undefined) {
        test(contract.name, async () => {
          const { headers } = await exchange(example, saved, contract)
          if (contract.audit === undefined) return
          await expectAudited(trail, String(headers['x-request-id']), contract.audit)
        })
      } else {
        test(`pending (${waitsFor}): ${contract.name}`, async () => {
          await expect(exchange(example, saved, contract)).rejects.toThrow()
        })
      }
    }
  })

  test('what is pending are cases of the contract', () => {
    expect(cases.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(pending)))
  })
})
