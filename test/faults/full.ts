/**
 * The proofs at their full size, each with its control: `npm run proofs -- [revocation] [cut] [suspended] [killed] [outage]`; all of them without
 * a name. It needs PostgreSQL, and its programs for `outage`, and takes about half an hour.
 */
import { createPostgresKeyStore } from 'sallyport/postgres'
import { createSchema, openIn, type Schema } from '../adapters/postgres/schema.js'
import { createCluster, postgresBinaries } from './cluster.js'
import { describeTimes, percentile } from './distribution.js'
import { killEverywhere, type Plan } from './kill.js'
import { measureOutage } from './outage.js'
import { startProxy, type Proxy } from './proxy.js'
import {
  countAfterSuspension,
  measureCut,
  measureRevocations,
  withInstances,
} from './revocation.js'

const DATABASE_URL = process.env['DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/test'

interface Ground {
  readonly schema: Schema
  readonly proxy: Proxy
}

type Proof = (ground: Ground) => Promise<void>

const PROOFS: Readonly<Record<string, Proof>> = { revocation, cut, suspended, killed, outage }

async function revocation({ schema: { url } }: Ground): Promise<void> {
  const times = await withInstances([{ url }, { url }, { url }], (instances) =>
    measureRevocations(instances, 1_000, 10_000),
  )
  say('revocation over three processes', describeTimes(times), percentile(times, 0.99) <= 1_000)
  const deaf = [{ url, feed: 'none' } as const, { url, feed: 'none' } as const]
  const without = await withInstances(deaf, (instances) => measureRevocations(instances, 3, 1_200))
  say('  control, no feed', describeTimes(without), Math.min(...without) > 1_000)
}

async function cut({ schema, proxy }: Ground): Promise<void> {
  const setups = [{ url: schema.url }, { url: proxy.url }, { url: proxy.url }]
  const times = await withInstances(setups, ([revoker, ...behind]) => {
    if (!revoker) throw new Error('Too few instances.')
    return measureCut(revoker, behind, proxy, 100, 10_000)
  })
  say('revocation with the feed cut', describeTimes(times), Math.max(...times) <= 5_000)
  const trusting = [{ url: schema.url }, { url: proxy.url, feed: 'unproven' } as const]
  const unproven = await withInstances(trusting, ([revoker, ...behind]) => {
    if (!revoker) throw new Error('Too few instances.')
    return measureCut(revoker, behind, proxy, 2, 8_000)
  })
  say('  control, no proof of hearing', describeTimes(unproven), Math.max(...unproven) > 5_000)
}

async function suspended({ schema, proxy }: Ground): Promise<void> {
  const setups = [
    { url: schema.url },
    { url: proxy.url },
    { url: proxy.url, feed: 'unproven' } as const,
  ]
  // Shorter for the control: what it remembers must not have ended by itself.
  const [accepted, control] = await withInstances(setups, ([revoker, one, other]) => {
    if (!revoker || !one || !other) throw new Error('Too few instances.')
    return Promise.all([
      countAfterSuspension(revoker, one, 60_000, proxy),
      countAfterSuspension(revoker, other, 6_000, proxy),
    ])
  })
  say('suspended for 60 s, revoked meanwhile', `${String(accepted)} accepted`, accepted === 0)
  say('  control, no proof of hearing', `${String(control)} accepted`, control > 0)
}

async function killed({ schema }: Ground): Promise<void> {
  const acts = ['create', 'rotate', 'revoke'] as const
  for (const when of ['sent', 'answered'] as const) {
    for (const act of acts) {
      const plan: Plan = { act, when, limited: true, halved: false }
      const { killed: times, broken } = await killEverywhere(schema, plan)
      const found = `${String(times)} times, ${String(broken.length)} broken`
      say(`killed at each statement of ${act}, ${when}`, found, times > 0 && broken.length === 0)
    }
  }
  const halved: Plan = { act: 'rotate', when: 'answered', limited: true, halved: true }
  const { broken } = await killEverywhere(schema, halved)
  say('  control, a rotation in two steps', `${String(broken.length)} broken`, broken.length > 0)
}

async function outage(): Promise<void> {
  if (postgresBinaries === undefined) throw new Error('The programs of PostgreSQL are not here.')
  const cluster = await createCluster(postgresBinaries)
  try {
    const outages = await measureOutage(cluster, 20_000, ['told', 'told', 'told'])
    for (const { servedFor, backAfter, remembered, unknown } of outages) {
      const answers = `remembered: ${remembered.join(' then ')}; unknown: ${unknown.join(', ')}`
      const times = `served ${servedFor.toFixed(0)} ms, back after ${backAfter.toFixed(0)} ms`
      const kept = servedFor > 2_000 && servedFor < 5_000 && backAfter < 5_000
      say('PostgreSQL stopped under load', `${times}; ${answers}`, kept)
    }
  } finally {
    await cluster.remove()
  }
}

function say(what: string, found: string, kept: boolean): void {
  console.log(`${kept ? 'kept  ' : 'BROKEN'}  ${what}: ${found}`)
  if (!kept) process.exitCode = 1
}

async function run(names: readonly string[]): Promise<void> {
  const schema = await createSchema(DATABASE_URL)
  const proxy = await startProxy(schema.url)
  try {
    const pool = await openIn(schema)
    await createPostgresKeyStore(pool).migrate()
    await pool.end()
    for (const name of names) {
      const proof = PROOFS[name]
      if (proof === undefined)
        throw new Error(`There is no proof '${name}': ${Object.keys(PROOFS).join(', ')}`)
      await proof({ schema, proxy })
    }
  } finally {
    await proxy.close()
    await schema.drop()
  }
}

const asked = process.argv.slice(2)
await run(asked.length > 0 ? asked : Object.keys(PROOFS))
