import { setTimeout as pause } from 'node:timers/promises'
import { createPostgresKeyStore, openPostgres } from 'sallyport/postgres'
import type { Cluster } from './cluster.js'
import type { Feed } from './feeds.js'
import type { Instance, Reply } from './instances.js'
import { remembered, withInstances } from './revocation.js'

/** How an instance answered under load while its database was away. */
export interface Outage {
  /** Milliseconds after the stop up to which the remembered key was served without a gap. */
  readonly servedFor: number
  /** Status and Retry-After of all answers during the outage, each once. */
  readonly remembered: readonly string[]
  readonly unknown: readonly string[]
  /** Milliseconds after the return until a key that was not remembered was let in. */
  readonly backAfter: number
}

interface Answer extends Reply {
  readonly at: number
}

const EVERY_MS = 10

/** Stops a database for a while, with a request each 10 ms, by turns with a key that is remembered and with one that is not. */
export async function measureOutage(
  cluster: Cluster,
  awayMs: number,
  feeds: readonly Feed[],
): Promise<Outage[]> {
  await cluster.start()
  const pool = await openPostgres(cluster.url)
  pool.on('error', () => undefined)
  await migrated(pool)
  const setups = feeds.map((feed) => ({ url: cluster.url, feed }))
  return withInstances(setups, async (instances) => {
    const outages = instances.map(async (instance) => {
      const [known, strange] = [await instance.create(), await instance.create()]
      await remembered(instance, known.secret)
      return { instance, known: known.secret, strange: strange.secret }
    })
    const ready = await Promise.all(outages)
    await pool.end()
    await cluster.stop()
    const stoppedAt = performance.now()
    const loads = ready.map(({ instance, known, strange }) =>
      askUntil(instance, [known, strange], stoppedAt + awayMs),
    )
    const answers = await Promise.all(loads)
    await cluster.start()
    const returnedAt = performance.now()
    const back = await Promise.all(
      ready.map(({ instance, strange }) => untilLetIn(instance, strange, returnedAt)),
    )
    return answers.map(([known = [], strange = []], index) => ({
      servedFor: servedUntil(known) - stoppedAt,
      remembered: kindsOf(known),
      unknown: kindsOf(strange),
      backAfter: back[index] ?? NaN,
    }))
  })
}

/** The postmaster listens before it lets anybody in. */
async function migrated(pool: Parameters<typeof createPostgresKeyStore>[0]): Promise<void> {
  for (let left = 100; ; left--) {
    try {
      await createPostgresKeyStore(pool).migrate()
      return
    } catch (error) {
      if (left === 0) throw error
      await pause(100)
    }
  }
}

async function askUntil(
  instance: Instance,
  secrets: readonly string[],
  until: number,
): Promise<Answer[][]> {
  const asked: Promise<Answer>[][] = secrets.map(() => [])
  for (let turn = 0; performance.now() < until; turn++) {
    const which = turn % secrets.length
    const at = performance.now()
    const reply = instance.ask(secrets[which] ?? '')
    asked[which]?.push(reply.then((answer) => ({ ...answer, at })))
    await pause(EVERY_MS)
  }
  return Promise.all(asked.map((answers) => Promise.all(answers)))
}

function servedUntil(answers: readonly Answer[]): number {
  const first = answers.findIndex(({ status }) => status !== 200)
  return answers.at(first === -1 ? -1 : first)?.at ?? NaN
}

function kindsOf(answers: readonly Answer[]): string[] {
  const kinds = answers.map(({ status, retryAfter }) =>
    retryAfter === undefined ? String(status) : `${String(status)}, Retry-After ${retryAfter}`,
  )
  return [...new Set(kinds)].sort()
}

async function untilLetIn(instance: Instance, secret: string, since: number): Promise<number> {
  for (;;) {
    const { status } = await instance.ask(secret)
    if (status === 200) return performance.now() - since
    if (status !== 503) throw new Error(`A good key got ${String(status)}.`)
    await pause(EVERY_MS)
  }
}
