import type { NavItem } from './kit/layout.js'
import type { Permission } from './options.js'
import type { Portal } from './portal.js'

interface Entry {
  readonly to: string
  readonly words: string
  readonly needs: readonly Permission[]
  /** Other pages that belong to it, with all below them. */
  readonly also?: readonly string[]
  /** Only where the app has `access`, or where a gate has an audit log. */
  readonly of?: 'access' | 'audit'
}

const ENTRIES: readonly Entry[] = [
  { to: '', words: 'Overview', needs: [] },
  { to: 'keys', words: 'Keys', needs: ['keys:view', 'keys:own', 'keys:all'], also: ['people'] },
  { to: 'reminders', words: 'Reminders', needs: ['keys:view', 'keys:own', 'keys:all'] },
  { to: 'usage', words: 'Usage', needs: ['usage:view'] },
  { to: 'access', words: 'Access', needs: ['access:request'], of: 'access' },
  { to: 'requests', words: 'Access requests', needs: ['access:decide'], of: 'access' },
  { to: 'audit', words: 'Audit log', needs: ['audit:view'], of: 'audit' },
  { to: 'review', words: 'Review', needs: ['audit:view'], also: ['reviews'], of: 'audit' },
  { to: 'docs', words: 'How to call', needs: [] },
]

/** What the person may see: no link leads to a refusal. */
export function navigationFor(
  { options, gates }: Portal,
  can: (permission: Permission) => boolean,
  path: string,
): readonly NavItem[] {
  const has = { access: options.access !== undefined, audit: gates.hasAudit() }
  return ENTRIES.filter(
    ({ needs, of }) => (needs.length === 0 || needs.some(can)) && (of === undefined || has[of]),
  ).map((entry) => ({
    ...{ to: entry.to, words: entry.words },
    isHere: [entry.to, ...(entry.also ?? [])].some((to) => isAt(path, to)),
  }))
}

function isAt(path: string, to: string): boolean {
  return path === `/${to}` || (to !== '' && path.startsWith(`/${to}/`))
}
