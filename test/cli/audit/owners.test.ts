import { createPrivateKey } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import type { AuditEntry } from 'sallyport'
import { createCalendar } from '../../../cli/audit/report/calendar.js'
import type { Caller } from '../../../cli/audit/report/callers.js'
import { gather } from '../../../cli/audit/report/gather.js'
import { createChain } from '../../../src/audit/chain.js'
import { SIGNING } from '../../audit/gates.js'
import { access, chained, trailOf } from '../../audit/trails.js'

const DAY_MS = 86_400_000
const TIME = '2030-01-29T10:00:00.000Z'

/** Its events, and the checkpoint that vouches for them. */
function signed(...events: Parameters<typeof access>[0][]): AuditEntry[] {
  const { add } = createChain('real.1', createPrivateKey(SIGNING.key))
  const entries = events.map((event) => add(access({ time: TIME, ...event })))
  return [...entries, add({ kind: 'checkpoint', time: TIME })]
}

function forged(...events: Parameters<typeof access>[0][]): AuditEntry[] {
  return chained(
    'zz.z',
    events.map((event) => access({ time: TIME, ...event })),
  )
}

async function gathered(...chains: (readonly AuditEntry[])[]) {
  const period = { ends: Date.parse('2030-02-04') / DAY_MS, past: 1 }
  const { publicKeys } = SIGNING
  const trail = trailOf(chains.flat())
  return gather(trail, createCalendar('UTC'), period, { publicKeys })
}

async function callersOf(...chains: (readonly AuditEntry[])[]): Promise<readonly Caller[]> {
  const { callers } = await gathered(...chains)
  return [...callers.values()]
}

describe('the owner of a caller in a review', () => {
  const named = (ownerId: string) => ({ keyId: 'key_1', ownerId })

  test('is the one that is proven, whatever else is said before and after', async () => {
    const real = signed(named('thief'))
    const other = forged(named('innocent'))
    for (const chains of [
      [real, other],
      [other, real],
    ]) {
      expect((await callersOf(...chains)).map(({ ownerId }) => ownerId)).toEqual(['thief'])
    }
  })

  test('is the first of several that are proven, and of several that are not', async () => {
    const names = [named('a'), named('b')]
    for (const chain of [signed(...names), forged(...names)]) {
      expect((await callersOf(chain)).map(({ ownerId }) => ownerId)).toEqual(['a'])
    }
  })
})

test('ten thousand callers that nobody vouches for keep no proven one out of a review', async () => {
  const crowd = Array.from({ length: 10_000 }, (_, n) => ({ keyId: `key_x${String(n)}` }))
  const callers = await callersOf(forged(...crowd), signed({ keyId: 'key_1' }))
  expect(callers).toHaveLength(10_000)
  expect(callers.map(({ id }) => id)).toContain('key_1')
})

test('reasons that nobody vouches for keep no proven one out of a review', async () => {
  const made = Array.from({ length: 250 }, (_, n) => {
    const reason = `r${'abcdefghij'.charAt(n % 10)}${'_'.repeat(Math.floor(n / 10))}` as never
    return { outcome: 'denied' as const, reason }
  })
  const real = signed({ outcome: 'denied', reason: 'quota_exceeded' })
  const { denials } = await gathered(forged(...made), real)
  expect(denials.get('quota_exceeded')).toMatchObject({ count: 1 })
})
