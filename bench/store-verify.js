import { setTimeout as delay } from 'node:timers/promises'
import { createGate } from '../dist/index.js'
import { median, timeCalls } from './rounds.js'

const KEYS = 200
const ROUNDS = 9

/** What a verification costs that has to ask the store, and one that does not: wall time, and the CPU time of this process. */
export async function measureVerification(name, store) {
  let reads = 0
  const findByDigest = (digest) => {
    reads += 1
    return store.findByDigest(digest)
  }
  const open = () =>
    createGate({
      environment: 'live',
      keys: { prefix: 'acme', store: { ...store, findByDigest } },
      scopes: [],
    })

  async function time(gate, secrets, expected) {
    const before = reads
    const spent = await timeCalls((secret) => gate.verify(secret), secrets)
    if (reads - before === expected) return spent
    throw new Error(`${name}: ${reads - before} reads in place of ${expected}`)
  }

  /** From then on the gate hears of changes, and may remember. */
  async function untilItRemembers(gate, secret) {
    for (let before = -1; before !== reads; await delay(5)) {
      await gate.verify(secret)
      before = reads
      await gate.verify(secret)
    }
  }

  const [first, ...secrets] = await issue(open())
  const cold = []
  const hit = []
  for (let round = 0; round <= ROUNDS; round++) {
    const gate = open()
    await untilItRemembers(gate, first)
    const times = [await time(gate, secrets, secrets.length), await time(gate, secrets, 0)]
    await gate.close()
    if (round === 0) continue
    cold.push(times[0])
    hit.push(times[1])
  }
  return { store: name, ...columnsOf('cold', cold), ...columnsOf('hit', hit) }
}

async function issue(gate) {
  const secrets = []
  for (let n = 0; n <= KEYS; n++) {
    const { secret } = await gate.keys.create({ name: 'Bench', ownerId: 'bench' })
    secrets.push(secret)
  }
  await gate.close()
  return secrets
}

function columnsOf(name, times) {
  const us = (all) => Number(median(all).toFixed(1))
  return {
    [name]: us(times.map(({ wall }) => wall)),
    [`${name}, CPU`]: us(times.map(({ cpu }) => cpu)),
  }
}
