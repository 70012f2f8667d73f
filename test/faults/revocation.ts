import { setTimeout as pause } from 'node:timers/promises'
import type { Feed } from './feeds.js'
import { startInstance, type Instance } from './instances.js'
import type { Proxy } from './proxy.js'

const PROBE_MS = 50

/** For how many milliseconds after its revocation a key was accepted, and a token that was made from it. */
export interface Lasted {
  readonly keys: number[]
  readonly tokens: number[]
}

/** Resolves once the instance goes by what it remembers of the key, or of that of the token. */
export async function remembered(instance: Instance, credential: string): Promise<void> {
  for (let before = -1; ;) {
    const { status, reads } = await instance.ask(credential)
    if (status !== 200 && status !== 503) throw new Error(`A good key got ${String(status)}.`)
    if (status === 200 && reads === before) return
    before = status === 200 ? reads : -1
    await pause(10)
  }
}

/**
 * Asks until it is refused, at most until `limitMs` after its revocation: how many milliseconds after the revocation the first
 * refusal came.
 */
async function acceptedFor(
  instance: Instance,
  credential: string,
  revoked: Promise<number>,
  limitMs: number,
  probeMs: number,
): Promise<number> {
  let until = Infinity
  void revoked.then(
    (at) => {
      until = at + limitMs
    },
    () => {
      until = 0
    },
  )
  while (performance.now() < until) {
    const { status } = await instance.ask(credential)
    if (status === 401) return Math.max(0, performance.now() - (await revoked))
    if (status !== 200 && status !== 503) throw new Error(`A revoked key got ${String(status)}.`)
    if (probeMs > 0) await pause(probeMs)
  }
  // A revocation that failed has proven nothing.
  await revoked
  return limitMs
}

/** Revokes a key that other instances remember, and a token of it: for how long each of them accepted each of the two. */
async function revokeOne(
  revoker: Instance,
  others: readonly Instance[],
  limitMs: number,
  probeMs: number,
  prepare: () => Promise<void> = () => Promise.resolve(),
): Promise<Lasted> {
  const { id, secret } = await revoker.create()
  const token = await revoker.exchange(secret)
  // One after the other: what the token reads would count for the key.
  for (const credential of [secret, token]) {
    await Promise.all(others.map((other) => remembered(other, credential)))
  }
  await prepare()
  const revoked = revoker.revoke(id).then(() => performance.now())
  const lasted = (credential: string) =>
    Promise.all(others.map((other) => acceptedFor(other, credential, revoked, limitMs, probeMs)))
  const [keys, tokens] = await Promise.all([lasted(secret), lasted(token)])
  return { keys, tokens }
}

/** Each instance in turn revokes a key that the others remember: the longest that one of them accepted it, in each trial. Where a feed is whole. */
export async function measureRevocations(
  instances: readonly Instance[],
  trials: number,
  limitMs: number,
): Promise<Lasted> {
  const all: Lasted = { keys: [], tokens: [] }
  for (let trial = 0; trial < trials; trial++) {
    const revoker = instances[trial % instances.length]
    if (revoker === undefined) throw new Error('There are no instances.')
    const others = instances.filter((instance) => instance !== revoker)
    const { keys, tokens } = await revokeOne(revoker, others, limitMs, 0)
    all.keys.push(Math.max(...keys))
    all.tokens.push(Math.max(...tokens))
  }
  return all
}

/** The same, where the packets of the connections that listen are lost from a moment on. One measurement of each instance and trial. */
export async function measureCut(
  revoker: Instance,
  behind: readonly Instance[],
  proxy: Proxy,
  trials: number,
  limitMs: number,
): Promise<Lasted> {
  const all: Lasted = { keys: [], tokens: [] }
  for (let trial = 0; trial < trials; trial++) {
    const { keys, tokens } = await revokeOne(revoker, behind, limitMs, PROBE_MS, async () => {
      // At any moment between two beats, and until all have noticed.
      await pause(Math.random() * 1_000)
      proxy.swallow('LISTEN')
      await pause(Math.random() ** 2 * 3_000)
    })
    all.keys.push(...keys)
    all.tokens.push(...tokens)
    proxy.heal()
  }
  return all
}

/** How many of 50 requests, with a key and a token of it in turn, an instance accepts that was suspended while the key was revoked. */
export async function countAfterSuspension(
  revoker: Instance,
  suspended: Instance,
  suspendedMs: number,
  proxy?: Proxy,
): Promise<number> {
  const key = await revoker.create()
  const token = await revoker.exchange(key.secret)
  for (const credential of [key.secret, token]) await remembered(suspended, credential)
  suspended.signal('SIGSTOP')
  proxy?.swallow('LISTEN')
  await revoker.revoke(key.id)
  await pause(suspendedMs)
  const asked = Array.from({ length: 50 }, (_, at) =>
    suspended.ask(at % 2 === 0 ? key.secret : token),
  )
  suspended.signal('SIGCONT')
  const replies = await Promise.all(asked)
  proxy?.heal()
  return replies.filter(({ status }) => status === 200).length
}

/** Runs with instances that end whatever happens. */
export async function withInstances<T>(
  setups: readonly { readonly url: string; readonly feed?: Feed }[],
  run: (instances: Instance[]) => Promise<T>,
): Promise<T> {
  const instances = await Promise.all(setups.map(startInstance))
  try {
    return await run(instances)
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()))
  }
}
