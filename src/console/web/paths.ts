import { pathOf, queryOf } from '../../core/request.js'
import type { Redirect } from './exchange.js'
import type { Match } from './router.js'

/** Parameters of pages that are chosen. All others may hold what somebody has typed or pasted. */
const CHOSEN: ReadonlySet<string> = new Set([
  ...['environment', 'state', 'unused', 'due', 'sort', 'preset'],
  ...['outcome', 'reason', 'ids', 'from', 'to', 'days'],
])
/** What is chosen there: words, such as `not_found`; numbers, such as `30d`; days. */
const CHOICE = /^(?:[a-z]{1,16}(?:_[a-z]{1,16}){0,5}|\d{1,3}[a-z]?|\d{4}-\d\d-\d\d)$/
/** Ids that the gate makes. Any other id in a path may be what somebody has typed or pasted. */
const MADE_ID = /^(?:key|acc|rev)_[0-9A-Za-z]{1,32}$/

/** From the page at `target` to the mount: relative, so that it holds below every path, and behind proxies that cut one. */
export function rootOf(target: string): string {
  const depth = pathOf(target).split('/').length - 2
  return depth === 0 ? './' : '../'.repeat(depth)
}

/**
 * Where a request for the mount without its last slash is sent, so that relative links lead below it: `undefined` for all others.
 * @param url as it was sent @param target what is left of it below the mount
 */
export function mountRedirect(url: string, target: string): string | undefined {
  const path = pathOf(url)
  if (pathOf(target) !== '/' || path.endsWith('/')) return undefined
  const query = queryOf(url)
  return `./${path.split('/').at(-1) ?? ''}/${query === '' ? '' : `?${query}`}`
}

/** The same page once more, below the mount. @param query without its question mark */
export function sameAgain(path: string, query: string): readonly [to: string, words: string] {
  return [`${path.slice(1)}${query === '' ? '' : `?${query}`}`, 'Try again']
}

/** Where to go after a change, from the page that has asked for it. */
export function locationOf(root: string, { to, elsewhere = false }: Redirect): string {
  return elsewhere ? to : `${root}${to}`
}

/**
 * Where somebody goes on after the second step: the page that was asked for, which has found what its path names; of a form, the page that has it.
 * The page of the step may be of another site: what was typed, such as a piece of a secret that was searched for, stays here.
 * @param url as it was sent @param root from there to the mount @param from the page of the form, below the mount
 * @param environments those that there are
 */
export function pageToReturnTo(
  url: string,
  root: string,
  from: string | undefined,
  environments: readonly string[],
): string {
  if (from === undefined) return withChosen(url, environments)
  const depth = root === './' ? 0 : root.length / '../'.length
  return [
    ...pathOf(url)
      .split('/')
      .slice(0, -1 - depth),
    from,
  ].join('/')
}

/**
 * The page to come back to after the sign-in, where nobody knows yet what the path names: one with ids that the gate makes, or else the page above it.
 * `undefined`: the page itself.
 * @param match absent: there is no such page
 * @param isPage whether there is a page at a path below the mount
 */
export function pageInstead(
  match: Match | undefined,
  isPage: (path: string) => boolean,
): string | undefined {
  if (match === undefined) return ''
  if (Object.values(match.params).every((id) => MADE_ID.test(id))) return undefined
  const [above = ''] = match.route.path.split('/:')
  return isPage(above) ? above.slice(1) : ''
}

function withChosen(url: string, environments: readonly string[]): string {
  const isChosen = (name: string, value: string) =>
    name === 'environment' ? environments.includes(value) : CHOSEN.has(name) && CHOICE.test(value)
  const all = [...new URLSearchParams(queryOf(url))]
  const query = String(new URLSearchParams(all.filter(([name, value]) => isChosen(name, value))))
  return query === '' ? pathOf(url) : `${pathOf(url)}?${query}`
}

/** An address of the app with the page to come back to; of this origin alone. */
export function withReturn(address: string, url: string): string {
  const path = pathOf(url)
  const query = queryOf(url)
  // `//host` and `/\host` would lead to another origin.
  if (/^\/[/\\]/.test(path)) return address
  const [before = '', hash] = address.split('#')
  const asked = encodeURIComponent(query === '' ? path : `${path}?${query}`)
  const joined = `${before}${before.includes('?') ? '&' : '?'}return_to=${asked}`
  return hash === undefined ? joined : `${joined}#${hash}`
}
