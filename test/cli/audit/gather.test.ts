import { expect, test } from '@jest/globals'
import { createCalendar } from '../../../cli/audit/report/calendar.js'
import { gather } from '../../../cli/audit/report/gather.js'
import { forgedChain } from '../../audit/places.js'
import { access, trailOf } from '../../audit/trails.js'

test('a review keeps a bounded part of what anybody can have added', async () => {
  const long = 'x'.repeat(100_000)
  const said = Array.from({ length: 250 }, (_, n) => {
    const reason = `r${'abcdefghij'.charAt(n % 10)}${'_'.repeat(Math.floor(n / 10))}` as never
    return access({ outcome: 'denied', reason, client: `${String(n)}${long}`, keyId: long })
  })
  const reader = trailOf(forgedChain('zz.z', said))
  const ends = Math.floor(Date.parse('2030-01-08') / 86_400_000)
  const { denials, callers } = await gather(reader, createCalendar('UTC'), { ends, past: 1 })
  expect(denials.size).toBe(101)
  const [caller] = callers.values()
  const kept = JSON.stringify([...(caller?.addresses.week.keys() ?? []), caller?.id])
  expect(kept.length).toBeLessThan(251 * 520)
})
