import { strict as assert } from 'node:assert'
import { mintId } from '../../keys/format.js'
import type { JobClaim, KeyJobs } from '../../keys/jobs.js'
import type { KeyStore } from '../../keys/key-store.js'
import { atOnce, january, LEASE_MS, over, type StoreCase } from './case.js'

/** A case that asks nothing of a store without jobs. */
function jobCase(
  id: string,
  name: string,
  run: (jobs: KeyJobs, other: KeyJobs) => Promise<void>,
): StoreCase {
  return {
    id: `jobs-${id}`,
    name: `${name}, where there are jobs`,
    async run({ jobs }: KeyStore, { jobs: other }: KeyStore) {
      if (jobs !== undefined && other !== undefined) await run(jobs, other)
    },
  }
}

const MINUTE_MS = 60_000
const minutesAfter = (date: Date, minutes: number) => new Date(date.getTime() + minutes * MINUTE_MS)

function claimOf(name: string, dueAt: Date, now = dueAt): JobClaim {
  return { name, dueAt, holder: mintId(), now, until: minutesAfter(now, 1) }
}

/** What is done once over all instances, and what owners have chosen. */
export const JOB_CASES: readonly StoreCase[] = [
  jobCase('first', 'a job that is new is not late', async (jobs, other) => {
    const name = mintId()
    const { isYours, doneFor, doneAt } = await jobs.claim(claimOf(name, january(2)))
    assert.deepEqual([isYours, doneFor, doneAt], [false, january(2), undefined])
    assert.equal((await other.claim(claimOf(name, january(2)))).isYours, false)
    assert.equal((await other.claim(claimOf(name, january(1)))).isYours, false)
  }),
  jobCase('once', 'a job is done once for each time', async (jobs, other) => {
    const name = mintId()
    await jobs.claim(claimOf(name, january(1)))
    const claims = Array.from({ length: 6 }, () => claimOf(name, january(2)))
    const calls = claims.map((claim, at) => async () => (at % 2 ? jobs : other).claim(claim))
    const outcomes = await atOnce(calls)
    const given = outcomes.map((one) => (one.status === 'fulfilled' ? one.value.isYours : one))
    assert.deepEqual([...given].sort(), [false, false, false, false, false, true])
    const mine = claims[given.indexOf(true)]
    assert.ok(mine)
    const endedAt = minutesAfter(january(2), 1)
    assert.equal(await other.done(mine, endedAt), true)
    const late = claimOf(name, january(2), minutesAfter(january(2), 10))
    const { isYours, doneFor, doneAt } = await jobs.claim(late)
    assert.deepEqual([isYours, doneFor, doneAt], [false, january(2), endedAt])
    assert.equal((await jobs.claim(claimOf(name, january(3)))).isYours, true)
  }),
  jobCase('held', 'a job that is not done is given to another', async (jobs, other) => {
    const name = mintId()
    await jobs.claim(claimOf(name, january(1)))
    const claimed = claimOf(name, january(2))
    const first = { ...claimed, until: new Date(claimed.now.getTime() + LEASE_MS / 2) }
    assert.equal((await jobs.claim(first)).isYours, true)
    // Its holder asks again, to hold it for longer.
    const longer = { ...first, until: new Date(first.now.getTime() + LEASE_MS) }
    assert.equal((await jobs.claim(longer)).isYours, true)
    const second = claimOf(name, january(2), first.now)
    assert.equal((await other.claim(second)).isYours, false)
    // A store may count the time by its own clock, which no test can move.
    await over(LEASE_MS)
    const third = claimOf(name, january(2), minutesAfter(longer.until, 1))
    assert.equal((await other.claim(third)).isYours, true)
    assert.equal(await jobs.done(first, third.now), false)
    assert.equal((await jobs.claim(claimOf(name, january(2), third.now))).isYours, false)
    assert.equal(await other.done(third, third.now), true)
  }),
  {
    id: 'reminders',
    name: 'what an owner chooses of reminders is kept, where there are choices',
    async run({ reminders }, { reminders: other }) {
      if (reminders === undefined || other === undefined) return
      const [owner, quiet] = [mintId(), mintId()]
      assert.equal(await reminders.find(owner), undefined)
      await reminders.choose(owner, [14, 0])
      await reminders.choose(quiet, [])
      const found = [await other.find(owner), await other.find(quiet)]
      assert.deepEqual(
        found.map((days) => days && [...days]),
        [[14, 0], []],
      )
      await other.choose(owner, [7])
      assert.deepEqual([...((await reminders.find(owner)) ?? [])], [7])
    },
  },
]
