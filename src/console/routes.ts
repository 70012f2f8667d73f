import type { Route } from './web/router.js'
import { NEW_KEY_FIELDS } from './keys/new-key.js'
import { auditCsv, auditLines, auditPage } from './pages/audit.js'
import { editKey, editPage } from './pages/edit.js'
import { endGrace, keyPage, resumeKey } from './pages/key.js'
import { keysPage } from './pages/keys.js'
import { createKey, newKeyPage } from './pages/new-key.js'
import { overviewPage } from './pages/overview.js'
import { pauseKey, pausePage } from './pages/pause.js'
import { revokeKey, revokePage } from './pages/revoke.js'
import { rotateKey, rotatePage } from './pages/rotate.js'

const SEES = ['keys:view', 'keys:own', 'keys:all'] as const
const CHANGES = ['keys:own', 'keys:all'] as const
const EDITED = { name: 'one', description: 'one', stored_in: 'one', allowedIps: 'one' } as const

const key = (rest: string) => ({ path: `/keys/:id${rest}`, needs: CHANGES })

/** Every address of the console. */
export const ROUTES: readonly Route[] = [
  { path: '/', needs: [], get: overviewPage },
  {
    ...{ path: '/keys', needs: SEES, get: keysPage },
    post: { needs: CHANGES, fields: NEW_KEY_FIELDS, once: true, run: createKey },
  },
  { path: '/keys/new', needs: CHANGES, get: newKeyPage },
  { path: '/keys/:id', needs: SEES, get: keyPage },
  { ...key('/edit'), get: editPage, post: { fields: EDITED, run: editKey } },
  {
    ...key('/rotate'),
    get: rotatePage,
    post: { fields: { grace: 'one' }, once: true, run: rotateKey },
  },
  { ...key('/end'), post: { fields: {}, run: endGrace } },
  { ...key('/pause'), get: pausePage, post: { fields: {}, run: pauseKey } },
  { ...key('/resume'), post: { fields: {}, run: resumeKey } },
  {
    ...key('/revoke'),
    get: revokePage,
    post: { fields: { reason: 'one', name: 'one' }, run: revokeKey },
  },
  { path: '/audit', needs: ['audit:view'], get: auditPage },
  { path: '/audit.csv', needs: ['audit:view'], get: auditCsv },
  { path: '/audit.ndjson', needs: ['audit:view'], get: auditLines },
]
