import { isDuration } from '../../lib/duration.js'
import type { Credits, Plan, PlanLimit, Quota } from '../../limits/plans.js'
import { spokenDuration, type Format } from '../kit/format.js'
import { html, type Markup } from '../kit/html.js'

/** What a plan allows: `1,000 requests in 1 hour`. */
export function wordsOfPlan(plan: Plan | undefined, format: Format): Markup {
  const words = limitsOf(plan, format)
  return html`${words.length === 0 ? 'Unlimited' : words.map((one) => html`<p>${one}</p>`)}`
}

function limitsOf(plan: Plan | undefined, format: Format): readonly string[] {
  if (plan === undefined) return []
  if (plan.access === false) return ['No requests']
  const { quota = [], burst = [], credits, concurrency } = plan
  const most = typeof concurrency === 'number' ? concurrency : concurrency?.limit
  return [
    ...(quota === 'unlimited' ? [] : [quota].flat()).map((one) => quotaOf(one, format)),
    ...[burst].flat().map((one) => burstOf(one, format)),
    ...(credits === undefined ? [] : [creditsOf(credits, format)]),
    ...(most === undefined ? [] : [`${format.count(most, 'request')} at the same time`]),
  ]
}

function quotaOf({ limit, window }: Quota, format: Format): string {
  return `${format.count(limit, 'request')} ${isDuration(window) ? 'in' : 'each'} ${spoken(window)}`
}

function burstOf({ limit, window }: PlanLimit, format: Format): string {
  return `${format.count(limit, 'request')} at once, refilled over ${spoken(window)}`
}

function creditsOf({ amount, refill }: Credits, format: Format): string {
  const first = format.count(amount, 'credit')
  if (refill === undefined) return first
  const to = format.number(refill.amount ?? amount)
  return `${first}, refilled to ${to} every ${spoken(refill.every)}`
}

/** `1 hour`, or `day`. */
function spoken(window: string): string {
  return isDuration(window) ? spokenDuration(window) : window
}
