import type { NavItem } from './kit/layout.js'
import type { Permission } from './options.js'
import type { Portal } from './portal.js'

interface Entry {
  readonly to: string
  readonly words: string
  readonly needs: readonly Permission[]
}

const ENTRIES: readonly Entry[] = [
  { to: '', words: 'Overview', needs: [] },
  { to: 'keys', words: 'Keys', needs: ['keys:view', 'keys:own', 'keys:all'] },
  { to: 'audit', words: 'Audit log', needs: ['audit:view'] },
]

/** What the person may see: no link leads to a refusal. */
export function navigationFor(
  _portal: Portal,
  can: (permission: Permission) => boolean,
  path: string,
): readonly NavItem[] {
  return ENTRIES.filter(({ needs }) => needs.length === 0 || needs.some(can)).map((entry) => ({
    ...{ to: entry.to, words: entry.words },
    isHere: `/${entry.to}` === path || (entry.to !== '' && path.startsWith(`/${entry.to}/`)),
  }))
}
