import { expect, jest, test } from '@jest/globals'
import { StoreError, type KeyChangeFeed } from 'sallyport'
import { createRedisKeyChanges } from 'sallyport/redis'
import { describeWith } from '../../services.js'
import { CLIENTS } from './clients.js'
import { startInstances, timeUntil, type Instance } from './instances.js'
import { redisServer } from './server.js'
import { openSite, type Site } from './site.js'

jest.setTimeout(60_000)

const BOUND_MS = 5_000
const RECOVERY_MS = 20_000

interface Fault {
  strike(site: Site): unknown
  mend(site: Site): unknown
}

const FAULTS: Readonly<Record<string, Fault>> = {
  'is killed': {
    strike: ({ server }) => server.kill(),
    mend: ({ server }) => server.restart(),
  },
  'is suspended': {
    strike: ({ server }) => {
      server.freeze()
    },
    mend: ({ server }) => {
      server.thaw()
    },
  },
  'is behind a network that swallows packets': {
    strike: ({ proxy }) => {
      proxy.swallow()
    },
    mend: ({ proxy }) => {
      proxy.mend()
    },
  },
}

/** Two instances, a fault, a revocation during it, and the way back. */
async function trial(
  client: string,
  fault: Fault,
  disguise: (feed: KeyChangeFeed) => KeyChangeFeed = (feed) => feed,
) {
  const site = await openSite()
  const pairs = await Promise.all([0, 1].map(async () => CLIENTS[client]?.(site.url)))
  const clients = pairs.filter((pair) => pair !== undefined)
  const instances = startInstances(clients.map((pair) => disguise(createRedisKeyChanges(pair))))
  const [here, there] = instances
  if (here === undefined || there === undefined) throw new Error(`no such client: ${client}`)
  try {
    const revoked = await here.gate.keys.create({ name: 'Revoked', ownerId: 'org_1' })
    const kept = await here.gate.keys.create({ name: 'Kept', ownerId: 'org_1' })
    const warm = async () =>
      (await there.remembers(revoked.secret)) && (await here.remembers(kept.secret))
    const warmed = await timeUntil(warm, RECOVERY_MS)

    await fault.strike(site)
    await there.accepts(revoked.secret)
    const revocation = here.gate.keys.revoke(revoked.id)
    const [refusedAfter, bypassedAfter, complained] = await Promise.all([
      timeUntil(async () => !(await there.accepts(revoked.secret)), BOUND_MS + 1_000),
      timeUntil(() => here.readsAnew(kept.secret), BOUND_MS - 1_000),
      timeUntil(() => Promise.resolve(complains(there)), BOUND_MS + 1_000),
    ])
    await revocation
    const during = await here.accepts(kept.secret)

    await fault.mend(site)
    const rememberedAfter = await timeUntil(() => there.remembers(kept.secret), RECOVERY_MS)
    await timeUntil(() => here.remembers(kept.secret), RECOVERY_MS)
    await here.gate.keys.revoke(kept.id)
    const toldAfter = await timeUntil(async () => !(await there.accepts(kept.secret)), BOUND_MS)
    return { warmed, refusedAfter, bypassedAfter, during, complained, rememberedAfter, toldAfter }
  } finally {
    await Promise.all(instances.map(({ gate }) => gate.close()))
    for (const pair of clients) pair.close()
    site.proxy.close()
    await site.server.kill()
  }
}

function complains({ errors }: Instance): boolean {
  return errors.some((error) => error instanceof StoreError && /not heard/.test(error.message))
}

/** Listens, and believes that it hears, whatever happens. */
function trusting(feed: KeyChangeFeed): KeyChangeFeed {
  return {
    ...feed,
    async listen({ changed }) {
      const { close } = await feed.listen({ changed, lost: () => undefined })
      return { catchUp: () => undefined, close }
    },
  }
}

const CASES = Object.keys(FAULTS).flatMap((fault) =>
  Object.keys(CLIENTS).map((client) => [fault, client] as const),
)

describeWith(redisServer, 'when Redis', () => {
  test.concurrent.each(CASES)(
    '%s, nothing is remembered until it is back: %s',
    async (fault, client) => {
      const seen = await trial(client, FAULTS[fault] as Fault)
      expect(seen.warmed).toBeDefined()
      expect(seen.refusedAfter).toBeLessThanOrEqual(BOUND_MS)
      expect(seen.bypassedAfter).toBeDefined()
      expect(seen.during).toBe(true)
      expect(seen.complained).toBeDefined()
      expect(seen.rememberedAfter).toBeDefined()
      expect(seen.toldAfter).toBeLessThan(1_000)
    },
  )

  test.concurrent('control: who believes that it hears goes on remembering', async () => {
    const seen = await trial('ioredis', FAULTS['is suspended'] as Fault, trusting)
    expect(seen.warmed).toBeDefined()
    expect(seen.bypassedAfter).toBeUndefined()
  })
})
