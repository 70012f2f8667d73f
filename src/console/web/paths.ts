import { pathOf, queryOf } from '../../core/request.js'
import type { Redirect } from './exchange.js'

/** Parameters of pages that are chosen. All others may hold what somebody has typed or pasted. */
const CHOSEN: ReadonlySet<string> = new Set([
  ...['environment', 'state', 'unused', 'due', 'sort', 'preset'],
  ...['outcome', 'reason', 'ids', 'from', 'to', 'days'],
])

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

/** Where to go after a change, from the page that has asked for it. */
export function locationOf(root: string, { to, elsewhere = false }: Redirect): string {
  return elsewhere ? to : `${root}${to}`
}

/**
 * Where somebody goes on who has to sign in first: the page that was asked for; of a form, the page that has it.
 * The sign-in may be of another site: what was typed, such as a piece of a secret that was searched for, stays here.
 * @param url as it was sent @param root from there to the mount @param from the page of the form, below the mount
 */
export function pageToReturnTo(url: string, root: string, from: string | undefined): string {
  if (from === undefined) return withChosen(url)
  const depth = root === './' ? 0 : root.length / '../'.length
  return [
    ...pathOf(url)
      .split('/')
      .slice(0, -1 - depth),
    from,
  ].join('/')
}

function withChosen(url: string): string {
  const all = [...new URLSearchParams(queryOf(url))]
  const query = String(new URLSearchParams(all.filter(([name]) => CHOSEN.has(name))))
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
