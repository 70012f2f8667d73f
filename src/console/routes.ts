import type { Portal } from './portal.js'
import type { Route } from './web/router.js'
import { EDIT_FIELDS } from './keys/key-edit.js'
import { NEW_KEY_FIELDS } from './keys/new-key.js'
import { chooseReminders, REMINDER_FIELDS } from './keys/reminders.js'
import {
  ACCEPT_FIELDS,
  acceptTerms,
  ACCESS_FIELDS,
  accessPage,
  requestAccess,
} from './pages/access.js'
import { auditCsv, auditLines } from './pages/audit-files.js'
import { auditPage } from './pages/audit.js'
import { docsPage, openApiFile, postmanFile } from './pages/docs.js'
import { editKey, editPage } from './pages/edit.js'
import { keyPage } from './pages/key.js'
import { keysPage } from './pages/keys.js'
import { createKey, newKeyPage } from './pages/new-key.js'
import { overviewPage } from './pages/overview.js'
import {
  PAUSE_FIELDS,
  pauseKey,
  pausePage,
  RESUME_FIELDS,
  resumeKey,
  resumePage,
} from './pages/pause.js'
import { LEAVING_FIELDS, leavingPage, personPage, revokeMade } from './pages/person.js'
import { remindersPage } from './pages/reminders.js'
import {
  APPROVE_FIELDS,
  approveRequest,
  DENY_FIELDS,
  denyRequest,
  requestPage,
} from './pages/request.js'
import { requestsPage } from './pages/requests.js'
import { reviewPage } from './pages/review.js'
import { endGrace, endGracePage, REVOKE_FIELDS, revokeKey, revokePage } from './pages/revoke.js'
import { reviewsPage, signedReviewPage, signReview } from './pages/signed-reviews.js'
import { SIGN_FIELDS } from './trail/sign.js'
import { rotateKey, rotatePage } from './pages/rotate.js'
import { usageFile, usagePage } from './pages/usage.js'

const SEES = ['keys:view', 'keys:own', 'keys:all'] as const
const CHANGES = ['keys:own', 'keys:all'] as const

const key = (rest: string) => ({ path: `/keys/:id${rest}`, needs: CHANGES })

/** Every address of the console; those of access where the app has it. */
export function routesFor({ options }: Portal): readonly Route[] {
  return options.access === undefined ? OF_ALL : [...OF_ALL, ...OF_ACCESS]
}

const OF_ACCESS: readonly Route[] = [
  {
    ...{ path: '/access', needs: ['access:request', 'keys:view', 'keys:all'], get: accessPage },
    post: { needs: ['access:request'], fields: ACCESS_FIELDS, run: requestAccess },
  },
  {
    ...{ path: '/access/accept', needs: ['access:request'] },
    post: { fields: ACCEPT_FIELDS, from: 'access', run: acceptTerms },
  },
  { path: '/requests', needs: ['access:decide'], get: requestsPage },
  { path: '/requests/:id', needs: ['access:decide'], get: requestPage },
  {
    ...{ path: '/requests/:id/approve', needs: ['access:decide'], get: requestPage },
    post: { fields: APPROVE_FIELDS, run: approveRequest },
  },
  {
    ...{ path: '/requests/:id/deny', needs: ['access:decide'], get: requestPage },
    post: { fields: DENY_FIELDS, run: denyRequest },
  },
]

const OF_ALL: readonly Route[] = [
  { path: '/', needs: [], get: overviewPage },
  {
    ...{ path: '/keys', needs: SEES, get: keysPage },
    post: {
      ...{ needs: CHANGES, fields: NEW_KEY_FIELDS, from: 'keys/new', once: true },
      run: createKey,
    },
  },
  { path: '/keys/new', needs: CHANGES, get: newKeyPage },
  { path: '/keys/:id', needs: SEES, get: keyPage },
  { ...key('/edit'), get: editPage, post: { fields: EDIT_FIELDS, run: editKey } },
  {
    ...key('/rotate'),
    get: rotatePage,
    post: { fields: { grace: 'one' }, once: true, run: rotateKey },
  },
  {
    ...key('/end'),
    get: endGracePage,
    post: { fields: REVOKE_FIELDS, stops: true, run: endGrace },
  },
  { ...key('/pause'), get: pausePage, post: { fields: PAUSE_FIELDS, stops: true, run: pauseKey } },
  { ...key('/resume'), get: resumePage, post: { fields: RESUME_FIELDS, run: resumeKey } },
  {
    ...key('/revoke'),
    get: revokePage,
    post: { fields: REVOKE_FIELDS, stops: true, run: revokeKey },
  },
  { path: '/people/:id', needs: SEES, get: personPage },
  {
    ...{ path: '/people/:id/revoke', needs: ['keys:all'], get: leavingPage },
    post: { fields: LEAVING_FIELDS, stops: true, run: revokeMade },
  },
  {
    ...{ path: '/reminders', needs: SEES, get: remindersPage },
    post: { needs: ['keys:all'], fields: REMINDER_FIELDS, run: chooseReminders },
  },
  { path: '/usage', needs: ['usage:view'], get: usagePage },
  { path: '/usage.csv', needs: ['usage:view'], get: usageFile },
  { path: '/docs', needs: [], get: docsPage },
  { path: '/docs/openapi.json', needs: [], get: openApiFile },
  { path: '/docs/postman.json', needs: [], get: postmanFile },
  { path: '/audit', needs: ['audit:view'], get: auditPage },
  { path: '/review', needs: ['audit:view'], get: reviewPage },
  {
    ...{ path: '/reviews', needs: ['audit:view'], get: reviewsPage },
    post: {
      ...{ needs: ['review:sign'], fields: SIGN_FIELDS, from: 'review', once: true },
      run: signReview,
    },
  },
  { path: '/reviews/:id', needs: ['audit:view'], get: signedReviewPage },
  { path: '/audit.csv', needs: ['audit:view'], get: auditCsv },
  { path: '/audit.ndjson', needs: ['audit:view'], get: auditLines },
]
