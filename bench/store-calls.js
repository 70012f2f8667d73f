import { digestOf, idOf, ownerOf, recordOf } from './store-kinds.js'
import { median, timeCalls } from './rounds.js'

const ROUNDS = 9
/** Of the recorder of uses. */
const BATCH = 1_000
const DAY = '2030-01-31'

/** The calls that a gate makes: how many there are in a round, what each is given, and the call. */
const CALLS = {
  'findByDigest, known': {
    calls: 100,
    give: ({ size }) => digestOf(draw(size)),
    run: (store, digest) => store.findByDigest(digest),
  },
  'findByDigest, unknown': {
    calls: 100,
    give: () => digestOf(-1 - draw(1e9)),
    run: (store, digest) => store.findByDigest(digest),
  },
  'list, first page of an owner': {
    calls: 3,
    give: ({ size }) => ({ ownerId: ownerOf(draw(size)) }),
    run: (store, query) => store.list(query),
  },
  insert: {
    calls: 10,
    give: (keys) => recordOf(keys.size + keys.inserted++),
    run: (store, record) => store.insert(record),
  },
  'update, a revocation': {
    calls: 10,
    give: (keys) => idOf(keys.revoked++),
    run: (store, id) => store.update(id, { revokedAt: new Date(), revocationReason: 'lost' }, 1),
  },
  'recordUsage, 1,000 keys': {
    calls: 2,
    give({ size }) {
      const first = draw(size)
      return Array.from({ length: BATCH }, (_, n) => useOf((first + n) % size))
    },
    run: (store, uses) => store.recordUsage(uses),
  },
}

/** Evenly, and the same numbers each time. */
let seed = 1
function draw(below) {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((seed / 2 ** 32) * below)
}

function useOf(n) {
  const lastUsedAt = new Date(Date.UTC(2030, 0, 31))
  return { keyId: idOf(n), environment: 'live', day: DAY, count: 1, lastUsedAt }
}

/** One row for each call: wall time by size, how it grows from the fewest keys to the most, and the CPU time of this process. */
export async function measureCalls(name, stores) {
  const sizes = [...stores.keys()]
  const keys = new Map(sizes.map((size) => [size, { size, inserted: 0, revoked: 0 }]))
  const rows = []
  for (const [call, { calls, give, run }] of Object.entries(CALLS)) {
    const times = new Map(sizes.map((size) => [size, []]))
    // The first round warms up. One in which the machine was too busy for the limits of a store is made again.
    for (let round = 0, failed = 0; round <= ROUNDS; round++) {
      try {
        const spent = []
        for (const size of turned(sizes, round)) {
          const given = Array.from({ length: calls }, () => give(keys.get(size)))
          spent.push([size, await timeCalls((each) => run(stores.get(size), each), given)])
        }
        if (round > 0) for (const [size, time] of spent) times.get(size).push(time)
      } catch (error) {
        failed += 1
        round -= 1
        if (failed > ROUNDS) throw error
      }
    }
    rows.push({ store: name, call, ...columnsOf(times) })
  }
  return rows
}

/** Each begins in its turn. */
function turned(all, round) {
  const first = Math.max(0, round) % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}

function columnsOf(times) {
  const wall = [...times].map(([size, all]) => [size, median(all.map((time) => time.wall))])
  const cpu = median([...times.values()].at(-1).map((time) => time.cpu))
  return {
    ...Object.fromEntries(wall.map(([size, us]) => [`${size} keys`, Number(us.toFixed(1))])),
    growth: Number((wall.at(-1)[1] / wall[0][1]).toFixed(2)),
    CPU: Number(cpu.toFixed(1)),
  }
}
