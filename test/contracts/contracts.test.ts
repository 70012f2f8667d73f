import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { redisUrl } from '../services.js'
import { readContract } from './contract.js'
import { exchange } from './exchange.js'
import { PENDING, PENDING_AUDIT, PENDING_CREDENTIALS } from './pending.js'
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
    let example: RunningExample

    beforeAll(async () => {
      example = await startExample(system, framework, {}, ...more)
    }, 30_000)

    afterAll(async () => {
      await example.stop()
      expect(example.output().split('\n')).toHaveLength(1)
    })

    test('seeds the credentials of the contract', () => {
      const seeded = [...Object.keys(example.credentials), ...(PENDING_CREDENTIALS[system] ?? [])]
      expect(seeded).toEqual(expect.arrayContaining(Object.keys(credentials)))
    })

    for (const contract of cases) {
      const waitsFor = pending[contract.name]
      if (waitsFor === undefined) {
        test(contract.name, () => exchange(example, saved, contract))
      } else {
        test(`pending (${waitsFor}): ${contract.name}`, async () => {
          await expect(exchange(example, saved, contract)).rejects.toThrow()
        })
      }
    }
  })

  test(`what is pending are cases of the contract; audit records wait for: ${PENDING_AUDIT}`, () => {
    expect(cases.map(({ name }) => name)).toEqual(expect.arrayContaining(Object.keys(pending)))
  })
})
