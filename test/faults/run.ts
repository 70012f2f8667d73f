/**
 * The proofs over real processes at full size: `npm run test:faults -- revocation cut suspension kill outage`, all of them without names.
 * Prints what was measured, and fails where a promise is not kept or a control keeps it.
 */
import { createPostgresKeyStore, openPostgres } from 'sallyport/postgres'
import { createSchema } from '../adapters/postgres/schema.js'
import { createCluster, postgresBinaries } from './cluster.js'
import { describeTimes, percentile } from './distribution.js'
import { killEverywhere, type Plan } from './kill.js'
import { measureOutage } from './outage.js'
import { startProxy } from './proxy.js'
import {
  countAfterSuspension,
  measureCut,
  measureRevocations,
  withInstances,
  type Lasted,
} from './revocation.js'

const database = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'
const schema = await createSchema(database)
const proxy = await startProxy(schema.url)
const { url } = schema

const proofs: Readonly<Record<string, () => Promise<void>>> = {
  async revocation() {
    const times = await withInstances([{ url }, { url }, { url }], (instances) =>
      measureRevocations(instances, 1_000, 5_000),
    )
    report('revoked in one of three processes, refused in all', times)
    expect(
      each(times, (all) => percentile(all, 0.99) <= 1_000),
      'p99 is at most 1 s',
    )
    const unfed = { url, feed: 'none' } as const
    const deaf = await withInstances([unfed, unfed], (instances) =>
      measureRevocations(instances, 5, 1_500),
    )
    report('control: without a feed (measured up to 1,500 ms)', deaf)
    expect(
      each(deaf, (all) => Math.min(...all) > 1_000),
      'the control takes longer',
    )
  },

  async cut() {
    const behind = { url: proxy.url }
    const times = await withInstances([{ url }, behind, behind, behind], ([revoker, ...others]) =>
      measureCut(defined(revoker), others, proxy, 40, 10_000),
    )
    report('revoked while the packets of the feed are lost', times)
    expect(
      each(times, (all) => Math.max(...all) <= 5_000),
      'never accepted later than 5 s',
    )
    const trusting = { ...behind, feed: 'unproven' } as const
    const unproven = await withInstances([{ url }, trusting], ([revoker, ...others]) =>
      measureCut(defined(revoker), others, proxy, 1, 10_000),
    )
    report('control: without the proof of hearing (measured up to 10 s)', unproven)
    expect(
      each(unproven, (all) => Math.min(...all) > 5_000),
      'the control is accepted later',
    )
  },

  async suspension() {
    for (const [ms, through] of [
      [60_000, undefined],
      [60_000, proxy],
      [6_000, proxy],
    ] as const) {
      const setups = [{ url }, { url: through?.url ?? url }]
      const accepted = await withInstances(setups, ([revoker, suspended]) =>
        countAfterSuspension(defined(revoker), defined(suspended), ms, through),
      )
      const how = through === undefined ? 'with its feed' : 'its feed lost'
      console.log(`suspended for ${String(ms)} ms, ${how}: ${String(accepted)} of 50 accepted`)
      expect(accepted === 0, 'none is accepted')
    }
    const setups = [{ url }, { url: proxy.url, feed: 'unproven' } as const]
    const accepted = await withInstances(setups, ([revoker, suspended]) =>
      countAfterSuspension(defined(revoker), defined(suspended), 6_000, proxy),
    )
    console.log(
      `control: without the proof of hearing, 6,000 ms: ${String(accepted)} of 50 accepted`,
    )
    expect(accepted > 0, 'the control accepts')
  },

  async kill() {
    for (const act of ['create', 'rotate', 'revoke'] as const) {
      for (const limited of [true, false]) {
        for (const when of ['sent', 'answered'] as const) {
          const plan: Plan = { act, when, limited, halved: false }
          const { killed, broken } = await killEverywhere(schema, plan)
          const pool = limited ? 'single statements' : 'transactions'
          console.log(`${act}, ${pool}, killed when ${when}: ${String(killed)} processes`)
          expect(killed > 0 && broken.length === 0, `what must hold does: ${broken.join('; ')}`)
        }
      }
      if (act === 'create') continue
      const halved: Plan = { act, when: 'answered', limited: true, halved: true }
      const { broken } = await killEverywhere(schema, halved)
      console.log(`control: ${act} in two steps: ${broken.join('; ')}`)
      expect(broken.length > 0, 'the control breaks')
    }
  },

  async outage() {
    if (postgresBinaries === undefined) throw new Error('There are no binaries of PostgreSQL.')
    const cluster = await createCluster(postgresBinaries)
    try {
      const outages = await measureOutage(cluster, 40_000, ['told', 'told', 'none'])
      for (const outage of outages) console.log(outage)
      expect(
        outages.every(({ backAfter }) => backAfter < 5_000),
        'back within 5 s',
      )
      expect(
        outages.every(({ remembered, unknown }) =>
          [...remembered, ...unknown].every((kind) => ['200', '503, Retry-After 1'].includes(kind)),
        ),
        'never anything but 200 and 503 with Retry-After',
      )
    } finally {
      await cluster.remove()
    }
  },
}

function report(what: string, { keys, tokens }: Lasted): void {
  console.log(`${what}: keys: ${describeTimes(keys)}`)
  console.log(`${what}: their tokens: ${describeTimes(tokens)}`)
}

function each({ keys, tokens }: Lasted, holds: (times: readonly number[]) => boolean): boolean {
  return holds(keys) && holds(tokens)
}

function expect(holds: boolean, what: string): void {
  console.log(`  ${holds ? 'holds' : 'FAILS'}: ${what}`)
  if (!holds) process.exitCode = 1
}

function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('Too few instances.')
  return value
}

try {
  const pool = await openPostgres(url)
  await createPostgresKeyStore(pool).migrate()
  await pool.end()
  const named = process.argv.slice(2)
  const unknown = named.filter((name) => !(name in proofs))
  if (unknown.length > 0) throw new Error(`There is no proof called ${unknown.join(', ')}.`)
  for (const [name, prove] of Object.entries(proofs)) {
    if (named.length === 0 || named.includes(name)) await prove()
  }
} finally {
  await proxy.close()
  await schema.drop()
}
