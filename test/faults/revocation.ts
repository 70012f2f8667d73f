import { setTimeout as pause } from 'node:timers/promises'
import type { Feed } from './feeds.js'
import { startInstance, type Instance } from './instances.js'
import type { Proxy } from './proxy.js'

const PROBE_MS = 50

/** Resolves once the instance goes by what it remembers of the key. */
export async function remembered(instance: Instance, secret: string): Promise<void> {
  for (let before = -1; ;) {
    const { status, reads } = await instance.ask(secret)
    if (status !== 200 && status !== 503) throw new Error(`A good key got ${String(status)}.`)
    if (status === 200 && reads === before) return
    before = status === 200 ? reads : -1
    await pause(10)
  }
}

/**
 * Asks until the key is refused, at most until `limitMs` after its revocation: how many milliseconds after the revocation the first
 * refusal came.
 */
async function acceptedFor(
  instance: Instance,
  secret: string,
  revoked: Promise<number>,
  limitMs: number,
  probeMs: number,
): Promise<number> {
  let until = Infinity
  void revoked.then((at) => {
    until = at + limitMs
  })
  while (performance.now() < until) {
    const { status } = await instance.ask(secret)
    if (status === 401) return Math.max(0, performance.now() - (await revoked))
    if (status !== 200 && status !== 503) throw new Error(`A revoked key got ${String(status)}.`)
    if (probeMs > 0) await pause(probeMs)
  }
  return limitMs
}

/**
 * Each instance in turn revokes a key that the others remember: for how many milliseconds after that one of them still accepted it.
 * Where a feed is whole.
 */
export async function measureRevocations(
  instances: readonly Instance[],
  trials: number,
  limitMs: number,
): Promise<number[]> {
  const times: number[] = []
  for (let trial = 0; trial < trials; trial++) {
    const revoker = instances[trial % instances.length]
    const others = instances.filter((instance) => instance !== revoker)
    const key = await revoker?.create()
    if (revoker === undefined || key === undefined) throw new Error('There are no instances.')
    await Promise.all(others.map((other) => remembered(other, key.secret)))
    const revoked = revoker.revoke(key.id).then(() => performance.now())
    const lasted = others.map((other) => acceptedFor(other, key.secret, revoked, limitMs, 0))
    times.push(Math.max(...(await Promise.all(lasted))))
  }
  return times
}

/** The same, where the packets of the connections that listen are lost from a moment on. One measurement of each instance and trial. */
export async function measureCut(
  revoker: Instance,
  behind: readonly Instance[],
  proxy: Proxy,
  trials: number,
  limitMs: number,
): Promise<number[]> {
  const times: number[] = []
  for (let trial = 0; trial < trials; trial++) {
    const key = await revoker.create()
    await Promise.all(behind.map((instance) => remembered(instance, key.secret)))
    // At any moment between two beats, and until all have noticed.
    await pause(Math.random() * 1_000)
    proxy.swallow('LISTEN')
    await pause(Math.random() ** 2 * 3_000)
    const revoked = revoker.revoke(key.id).then(() => performance.now())
    const lasted = behind.map((each) => acceptedFor(each, key.secret, revoked, limitMs, PROBE_MS))
    times.push(...(await Promise.all(lasted)))
    proxy.heal()
  }
  return times
}

/** How many of 50 requests with a key an instance accepts that was suspended while the key was revoked. */
export async function countAfterSuspension(
  revoker: Instance,
  suspended: Instance,
  suspendedMs: number,
  proxy?: Proxy,
): Promise<number> {
  const key = await revoker.create()
  await remembered(suspended, key.secret)
  suspended.signal('SIGSTOP')
  proxy?.swallow('LISTEN')
  await revoker.revoke(key.id)
  await pause(suspendedMs)
  const asked = Array.from({ length: 50 }, () => suspended.ask(key.secret))
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
