import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { redisUrl } from '../services.js'
import { readContract } from './contract.js'
import { exchange } from './exchange.js'
import { expectAudited } from './audited.js'
import { PENDING, PENDING_CREDENTIALS } from './pending.js'
import { startExample, type RunningExample } from './server.js'

const onRedis = redisUrl === undefined ? [] : [['--redis', redisUrl]]

describe.each([
  ['nimbus', [[]]],
  ['healthcloud', [[]]],
  ['healthsync', [[], ...onRedis]],
  ['novamed', [[]]],
  ['reference', [[], ...onRedis]],
])('%s', (system, ways) => {
  const { cases, credentials } = readContract(system)
  const pending = PENDING[system] ?? {}

  const servers = ['express', 'koa'].flatMap((framework) =>
    ways.map((more) => [framework, more] as const),
  )

  describe.each(servers)('on %s %j', (framework, more) => {
    const saved = new Map<string, string>()
    const trail = mkdtempSync(join(tmpdir(), 'sallyport-contract-'))
    let example: RunningExample

    beforeAll(async () => {
      example = await startExample(system, framework, {}, '--audit', trail, ...more)
    }, 30_000)

    afterAll(async () => {
      await example.stop()
      rmSync(trail, { recursive: true })
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
