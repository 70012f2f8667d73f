import { createHash, randomBytes } from 'node:crypto'
import { createGate, createMemoryKeyStore, type KeyStore } from 'sallyport'
import { mintSecret } from '../../src/keys/format.js'

/** What a flood of keys that nobody has came to. */
export interface Flooded {
  /** How many had a checksum that is right. */
  readonly sound: number
  /** What the store was asked, and how often in vain twice within 5 s. */
  readonly reads: number
  readonly repeated: number
  readonly verdicts: Readonly<Record<string, number>>
  /** What heap and buffers have grown by, in MiB, once all was over. */
  readonly grownMiB: number
}

export interface Flood {
  readonly count: number
  /** One of so many has a right checksum. */
  readonly soundEvery: number
  /** Each key comes again after so many others. */
  readonly repeatAfter: number
  /** `gone`: fails, so that nothing can be remembered. */
  readonly store: 'sound' | 'gone'
  /** Of the keys that are presented; that of the gate is `acme`. */
  readonly prefix: string
}

const PATIENCE_MS = 5_000
const TAIL = 6

/** Presents keys that nobody has, each twice, through a gate. Needs `--expose-gc`. */
export async function flood({
  count,
  soundEvery,
  repeatAfter,
  store,
  prefix,
}: Flood): Promise<Flooded> {
  const memory = createMemoryKeyStore()
  let reads = 0
  let repeated = 0
  /** When one of 16 digests was asked for last; all of them would take more memory than what is measured. */
  const lastRead = new Map<string, number>()
  const findByDigest: KeyStore['findByDigest'] = (digest) => {
    reads += 1
    if (/^[A-D]/.test(digest)) {
      const now = performance.now()
      if (now - (lastRead.get(digest) ?? -Infinity) < PATIENCE_MS) repeated += 1
      lastRead.set(digest, now)
    }
    if (store === 'gone') throw new Error('connection refused')
    return memory.findByDigest(digest)
  }
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store: { ...memory, findByDigest } },
    scopes: [],
    onError: () => undefined,
  })
  const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  await gate.verify(secret)
  const seed = randomBytes(16)
  const verdicts: Record<string, number> = {}
  const before = usedMiB()
  for (let at = 0; at < count + repeatAfter; at++) {
    for (const one of [at, at - repeatAfter]) {
      if (one < 0 || one >= count) continue
      const decision = await gate.verify(secretOf(one))
      const word = decision.allowed ? 'allowed' : decision.reason
      verdicts[word] = (verdicts[word] ?? 0) + 1
    }
    // Others have their turn as well, as they do where requests come from sockets.
    if (at % 10_000 === 0) await new Promise(setImmediate)
  }
  lastRead.clear()
  const grownMiB = usedMiB() - before
  const alive = await gate.verify(secret)
  verdicts['of a good key'] = Number(alive.allowed)
  await gate.close()
  return { sound: Math.ceil(count / soundEvery), reads, repeated, verdicts, grownMiB }

  /** The same for the same number. */
  function secretOf(number: number): string {
    const body = createHash('sha256').update(seed).update(String(number)).digest('hex').slice(0, 27)
    const right = mintSecret(prefix, 'live', 'sk', body)
    if (number % soundEvery === 0) return right
    // Two digits are changed for others: the checksum is wrong for certain.
    const [a = '', b = ''] = right.slice(-2)
    return right.slice(0, -2) + (a === b ? `${a === '0' ? '1' : '0'}${b}` : b + a)
  }
}

export function usedMiB(): number {
  for (let time = 0; time < 3; time++) globalThis.gc?.()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return (heapUsed + external + arrayBuffers) / 2 ** 20
}

/** The control of the meter: what it says of a table that keeps them all. */
export function rememberAll(count: number): number {
  const before = usedMiB()
  const all = new Map<string, number>()
  for (let at = 0; at < count; at++) all.set(randomBytes(TAIL).toString('hex').repeat(4), at)
  const grown = usedMiB() - before
  all.clear()
  return grown
}
