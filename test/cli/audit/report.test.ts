import { describe, expect, test } from '@jest/globals'
import { createCalendar } from '../../../cli/audit/report/calendar.js'
import { gather } from '../../../cli/audit/report/gather.js'
import { html, Markup } from 'sallyport/console'
import { pageOf } from '../../../cli/audit/report/page.js'
import { reviewOf } from '../../../cli/audit/report/review.js'
import type { Review } from '../../../cli/audit/report/terms.js'
import { access, chained, trailOf } from '../../audit/trails.js'
import { describeWith } from '../../services.js'
import { browser, render } from './browser.js'
import { clinicTrail, ENDS, HOSTILE, WEEKS } from './clinic.js'

const DAY_MS = 86_400_000
const entries = clinicTrail()

async function reviewed(trail = entries, timeZone = 'UTC'): Promise<Review> {
  const period = { ends: ENDS.getTime() / DAY_MS, past: WEEKS }
  const gathered = await gather(trailOf(trail), createCalendar(timeZone), period)
  const names = new Map([['key_ward', HOSTILE]])
  const due = { id: 'key_bill', name: HOSTILE, ownerId: 'org_2', dueAt: new Date('2030-01-01') }
  const context = {
    timeZone,
    source: HOSTILE,
    signed: false,
    madeAt: ENDS,
    today: ENDS.getTime() / DAY_MS,
    names,
    overdue: [due as never],
  }
  return reviewOf(gathered, context)
}

describe('a review', () => {
  test('finds what is not as in the weeks before, and nothing else', async () => {
    const { findings, from, to } = await reviewed()
    expect([from, to]).toEqual(['2030-01-28', '2030-02-03'])
    expect(findings.map(({ what, who = '', detail }) => [what, who, detail])).toEqual([
      ['new address', 'key_lab', '203.0.113.9'],
      ['unusual hours', 'key_lab', '02:00, 03:00'],
      ['first time', 'key_lab', 'Patient read'],
      ['more than usual', 'key_bill', '1,363 requests, usually 198 a week'],
      ['new caller', 'key_new', '21 requests'],
      ['overdue for rotation', `${HOSTILE} (key_bill)`, 'since 2030-01-01'],
    ])
  })

  test('counts what stands for many, and what was denied to nobody in particular', async () => {
    const { totals, days, denials, hours } = await reviewed()
    const sum = days.reduce((all, { allowed, denied }) => all + allowed + denied, 0)
    expect(totals).toMatchObject({ requests: sum, callers: 5, dropped: 0, damaged: 0 })
    expect(hours.reduce((all, { usual, unusual }) => all + usual + unusual, 0)).toBe(sum - 378)
    expect(denials[0]).toEqual({
      reason: 'unknown_key',
      count: 266,
      usual: 42,
      mostFrom: '203.0.113.66',
    })
  })

  test('tells apart a user in two apps, for two organizations, and an app of that name', async () => {
    const time = '2030-01-29T10:00:00.000Z'
    const by = (who: object) => ({ ...access({ time, ...who }), keyId: undefined as never })
    const issuer = 'https://idp.example'
    const callers = [
      { issuer, subject: 'ann', clientId: 'web', ownerId: 'org_1' },
      { issuer, subject: 'ann', clientId: 'phone', ownerId: 'org_1' },
      { issuer, subject: 'ann', clientId: 'web', ownerId: 'org_2' },
      { issuer, clientId: 'ann', ownerId: 'org_1' },
      { issuer: 'https://other.example', clientId: 'ann', ownerId: 'org_1' },
      { app: true as const, subject: 'ann', ownerId: 'org_1' },
      { app: true as const, ownerId: 'org_1' },
    ]
    const records = callers.flatMap((who, at) => Array.from({ length: at + 1 }, () => by(who)))
    const { callers: shown } = await reviewed(chained('t.1', records))
    expect(shown.map(({ id, ownerId, requests }) => [id, ownerId, requests])).toEqual([
      ['the app', 'org_1', 7],
      ['ann of the app', 'org_1', 6],
      ['client ann of https://other.example', 'org_1', 5],
      ['client ann of https://idp.example', 'org_1', 4],
      ['ann (client web) of https://idp.example', 'org_2', 3],
      ['ann (client phone) of https://idp.example', 'org_1', 2],
      ['ann (client web) of https://idp.example', 'org_1', 1],
    ])
  })

  test('says what is wrong with the trail itself', async () => {
    const gap = {
      kind: 'gap' as const,
      time: '2030-01-29T00:00:00.000Z',
      since: '2030-01-29T00:00:00.000Z',
      ...{ allowed: 3, denied: 40, keys: 0 },
    }
    const [changed] = chained('x.1', [access()])
    const line = changed?.line.replace('org_1', 'org_9') ?? ''
    const trail = [...entries, ...chained('gap.1', [gap]), { ...changed, line } as never]
    const { findings } = await reviewed(trail)
    expect(findings.slice(0, 2)).toEqual([
      { what: 'damaged records', detail: '1 line: run sallyport audit verify' },
      { what: 'records dropped', detail: '43, while the trail could not be written' },
    ])
  })

  test('has the hours of the wall', () => {
    const at = (time: string) => createCalendar('America/New_York').at(time)
    expect(at('2030-01-28T04:59:00.000Z')).toEqual({
      day: Date.parse('2030-01-27') / DAY_MS,
      hour: 23,
    })
    expect(at('2030-07-28T04:59:00.000Z').hour).toBe(0)
    expect(createCalendar('Asia/Kathmandu').at('2030-01-01T00:14:00.000Z').hour).toBe(5)
    expect(createCalendar('Asia/Kathmandu').at('2030-01-01T00:15:00.000Z').hour).toBe(6)
    expect(() => createCalendar('Mars/Base')).toThrow('--time-zone')
  })
})

test('what is put into HTML is text', () => {
  expect(html`<b title="${HOSTILE}">${[HOSTILE, 1]}</b>`.text).not.toMatch(/<script|<img|'|\u202e/)
  expect(html`<b>${new Markup('<i>')}</b>`.text).toBe('<b><i></b>')
})

/** What a script of ours finds in the page, in the place of its policy and at the end of its body. */
const MEASURE = `<script>
  const wide = [...document.querySelectorAll('main *')].filter((one) => {
    const inside = one.closest('.wide') ?? one.closest('svg')
    return !(inside && inside !== one) && one.tagName !== 'CAPTION' && one.getBoundingClientRect().right > innerWidth + 1
  })
  const cut = [...document.querySelectorAll('svg text')].filter((one) => {
    const [inner, outer] = [one.getBoundingClientRect(), one.ownerSVGElement.getBoundingClientRect()]
    return inner.left < outer.left - 1 || inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1
  })
  document.title = JSON.stringify({ wide: wide.length, cut: cut.length, bars: document.querySelectorAll('.bar').length, color: getComputedStyle(document.querySelector('.bar.calm')).fill })
</script>`

describeWith(browser, 'the page in a browser', (program) => {
  test('runs nothing, asks for nothing and keeps to its policy', async () => {
    const page = pageOf(await reviewed())
    expect(page).not.toMatch(/<script|<img|javascript:|url\(|@import/i)
    const { dom, said } = await render(program, page, 1_200)
    expect(said).toEqual([])
    expect(dom).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    // Control: had it not been escaped, it would be stopped, and heard of.
    const naive = page.replaceAll('&lt;', '<').replaceAll('&gt;', '>')
    expect((await render(program, naive, 1_200)).said.join()).toContain('Content Security Policy')
  }, 120_000)

  test.each([1_200, 500])(
    'has all bars, and nothing sticks out of a window of %i pixels',
    async (width) => {
      const review = await reviewed()
      const page = pageOf(review)
        .replace(/<meta[^>]*Content-Security-Policy[^>]*>/, '')
        .replace('</body>', `${MEASURE}</body>`)
      const { dom } = await render(program, page, width)
      const [, title = '{}'] = /<title>(\{.*?\})<\/title>/.exec(dom) ?? []
      const { days, denials, callers, hours } = review
      const stacked = [
        ...days.flatMap((day) => [day.allowed, day.denied]),
        ...hours.flatMap((hour) => [hour.usual, hour.unusual]),
      ]
      const bars = stacked.filter((part) => part > 0).length + denials.length + callers.length
      expect(JSON.parse(title)).toEqual({
        wide: 0,
        cut: 0,
        bars,
        color: expect.stringMatching(/^rgb\((?!0, 0, 0)/),
      })
    },
    120_000,
  )
})
