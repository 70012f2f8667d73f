import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Cluster, Redis } from 'ioredis'
import { createCluster } from 'redis'
import type { Limit } from 'sallyport'
import { createRedisLimitStore, type RedisScripts } from 'sallyport/redis'
import { describeWith } from '../../services.js'
import { redisServer, startRedis, type RedisServer } from './server.js'

const SLOTS = [
  ['0', '8191'],
  ['8192', '16383'],
] as const

const LIMITS: readonly Limit[] = [
  { name: 'hourly', kind: 'quota', limit: 3, windowMs: 3_600_000 },
  { name: 'burst', kind: 'burst', limit: 3, windowMs: 3_600_000 },
]

async function startCluster(folder: string): Promise<RedisServer[]> {
  const servers = await Promise.all(
    SLOTS.map(([slot]) => {
      const file = join(folder, `${slot}.conf`)
      return startRedis('--cluster-enabled', 'yes', '--cluster-config-file', file)
    }),
  )
  const controls = servers.map(({ url }) => new Redis(url))
  try {
    const [first] = servers
    for (const [index, control] of controls.entries()) {
      await control.call('CLUSTER', 'ADDSLOTSRANGE', ...(SLOTS[index] ?? []))
      if (index > 0) await control.call('CLUSTER', 'MEET', '127.0.0.1', String(first?.port))
    }
    for (const control of controls) {
      while (
        !/cluster_state:ok[^]*cluster_known_nodes:2/.test(
          String(await control.call('CLUSTER', 'INFO')),
        )
      ) {
        await pause(50)
      }
    }
  } finally {
    for (const control of controls) control.disconnect()
  }
  return servers
}

describeWith(redisServer, 'limits in a Redis cluster', () => {
  let servers: RedisServer[] = []
  const closing: (() => void)[] = []
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-cluster-'))
  beforeAll(async () => {
    servers = await startCluster(folder)
  }, 60_000)
  afterAll(async () => {
    for (const close of closing) close()
    for (const server of servers) await server.kill()
    rmSync(folder, { recursive: true })
  })

  const clients: Readonly<Record<string, () => Promise<RedisScripts>>> = {
    ioredis() {
      const cluster = new Cluster(servers.map(({ port }) => ({ host: '127.0.0.1', port })))
      closing.push(() => {
        cluster.disconnect()
      })
      return Promise.resolve(cluster)
    },
    async 'node-redis'() {
      const cluster = createCluster({ rootNodes: servers.map(({ url }) => ({ url })) })
      await cluster.connect()
      closing.push(() => {
        cluster.destroy()
      })
      return cluster
    },
  }

  describe.each(Object.keys(clients))('by way of %s', (name) => {
    test('are counted on whatever node has the subject, all of one on the same', async () => {
      const client = await clients[name]?.()
      if (client === undefined) throw new Error(`no such client: ${name}`)
      const store = createRedisLimitStore(client, { prefix: name })
      const subjects = Array.from({ length: 40 }, (_, n) => `org_${String(n)}`)
      for (const cost of [2, 2, 1]) {
        const verdicts = await Promise.all(
          subjects.map(async (subject) => store.consume({ subject, limits: LIMITS, cost, at: 0 })),
        )
        // Two of three are taken; two more are too many; one is left.
        const first = verdicts.map(({ states }) => states[1]?.remaining)
        expect(new Set(verdicts.map(({ allowed }) => allowed)).size).toBe(1)
        expect(new Set(first).size).toBe(1)
      }
      const sizes = await Promise.all(servers.map(keysOn))
      expect(Math.min(...sizes)).toBeGreaterThan(5)
    })
  })
})

async function keysOn({ url }: RedisServer): Promise<number> {
  const control = new Redis(url)
  const size = await control.dbsize()
  control.disconnect()
  return size
}
