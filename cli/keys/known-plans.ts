import type { Keys } from 'sallyport'
import { plain, tell } from '../output.js'

const PAGES = 10
const NAMED = 8

/**
 * The command does not know the plans of the app: those of other keys are what it can compare with. A key whose plan the app does not have is let in nowhere.
 * @param id the key that is changed
 */
export async function warnOfPlan(
  keys: Pick<Keys, 'list'>,
  plan: string | false | undefined,
  id?: string,
): Promise<void> {
  if (plan === undefined || plan === false) return
  const known = new Set<string>()
  let cursor: string | undefined
  for (let page = 0; page < PAGES; page++) {
    const found = await keys.list({ limit: 100, ...(cursor !== undefined && { cursor }) })
    for (const key of found.items) if (key.id !== id && key.plan !== undefined) known.add(key.plan)
    ;({ cursor } = found)
    if (known.has(plan)) return
    if (cursor === undefined) break
  }
  if (known.size === 0) return
  const others = [...known].slice(0, NAMED).map((one) => `'${plain(one)}'`)
  tell(
    `Warning: no other key has the plan '${plain(plan)}'; others have ${others.join(', ')}. If your app does not have this plan, each request with the key gets 503.`,
  )
}
