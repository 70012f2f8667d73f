import type { Route } from './web/router.js'
import { keysPage } from './pages/keys.js'
import { overviewPage } from './pages/overview.js'

const OF_KEYS = ['keys:view', 'keys:own', 'keys:all'] as const

/** Every address of the console. */
export const ROUTES: readonly Route[] = [
  { path: '/', needs: [], get: overviewPage },
  { path: '/keys', needs: OF_KEYS, get: keysPage },
]
