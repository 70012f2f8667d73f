import type { Access } from '../access/access.js'
import type { MaybePromise } from '../lib/maybe.js'
import type { Clock } from '../lib/clock.js'
import type { Duration } from '../lib/duration.js'
import type { ReplayStore } from '../oauth/replay-store.js'
import type { ReviewStore } from './review-store.js'

/** What a role may allow. */
export const PERMISSIONS = [
  'keys:view',
  'keys:own',
  'keys:all',
  'usage:view',
  'audit:view',
  'review:sign',
  'access:request',
  'access:decide',
] as const

/**
 * - `keys:view`: see the keys of the owner, and what they did.
 * - `keys:own`: make keys, and change those that the person has made.
 * - `keys:all`: make keys, and change all keys of the owner.
 * - `usage:view`: the page of usage. `audit:view`: the audit log and its weekly review.
 * - `review:sign`: sign the weekly review, with `reviews`.
 * - `access:request`: ask for access. `access:decide`: decide on requests of all owners that ask for environments of the person alone; for your own staff.
 */
export type Permission = (typeof PERMISSIONS)[number]

/** Who is signed in to your app. */
export interface ConsoleUser<S extends string = string> {
  /** Who it is within the owner: 1 to 128 characters. It is in the audit log, and in `createdBy` of keys. */
  readonly id: string
  /** What the page calls the person. Default: the id. */
  readonly name?: string
  /** Names the session. Forms are bound to it: it must change at each sign-in. */
  readonly sessionId: string
  /** The organization whose keys these are. */
  readonly ownerId: string
  /** One of `roles`. A role that is not among them has no permissions. */
  readonly role: string
  /** The plan of keys that the person makes. Default: the gate's own. */
  readonly plan?: string
  /** The environments whose keys the person may make and see, and about whose access it may decide with `access:decide`. */
  readonly environments: readonly string[]
  /** The scopes that the person holds, and may hand out. */
  readonly scopes: readonly S[]
  /** The tenants that keys of the person may act for, and whose requests the person sees in the audit log: with an empty list, those of none. Default: no list; keys act for none, and the log shows the requests of all. */
  readonly tenantIds?: readonly string[]
  /** The resources that keys of the person are held to. Default: they are not held to any. */
  readonly resources?: readonly string[]
}

/** What `stepUp` is asked about. */
export type StepUpAction =
  'create_key' | 'rotate_key' | 'revoke_key' | 'approve_access' | 'show_phi'

/** What is used of a framework's request, where `user` does not name its type. */
export interface ConsoleRequest {
  readonly headers: Readonly<Record<string, unknown>>
}

/** How the pages look. */
export interface ConsoleBrand {
  /** At most 64 characters. Default `'API keys'`. */
  readonly title?: string
  /** The text of an SVG file, shown beside the title. It gets an address of its own. Default: none. */
  readonly logo?: string
  /** Added to the style sheet. Default: none. */
  readonly css?: string
}

/** An API's description, as `createDescription` of `sallyport/openapi` returns it. It holds no secret: everyone who is signed in may download it. */
export interface ConsoleDescription {
  /** A document of OpenAPI. */
  openApi(): object
  /** A collection of Postman. */
  postman(): object
}

/** The options of `createConsole`. */
export interface ConsoleOptions<S extends string = string, R = ConsoleRequest> {
  /**
   * Says who is signed in, from the request alone; `undefined`: no one. Called for every request but those for assets. If it throws, the page is 503.
   * @example user: async (req) => userOf(await sessionOf(req))
   */
  readonly user: (request: R) => MaybePromise<ConsoleUser<S> | undefined>
  /** Where people sign in: a path or an `https:` URL. It gets `?return_to=` with the page that was asked for, without what was typed. Default: a page with status 401. */
  readonly signInUrl?: string
  /** Where people sign out, or go back to your app: a path or an `https:` URL, for a link beside the name of the person. Default: no link. */
  readonly signOutUrl?: string
  /**
   * Signs form tokens: at least 32 bytes, the same in all instances. Of a list, the first one signs, and all verify. Required while `NODE_ENV` is `production`; else, one is made up at
   * start-up.
   */
  readonly secret?: string | readonly string[]
  /** Permissions by role. Default: `member` and `admin`, as docs/console.md has them. */
  readonly roles?: Readonly<Record<string, readonly Permission[]>>
  /**
   * Asked before a secret is made, a key is revoked, access is approved, or ids of health information are shown. `true`: go on. `{ location }`: the person is sent there first, such as
   * to a second factor. Default: nothing is asked.
   */
  readonly stepUp?: (
    user: ConsoleUser<S>,
    action: StepUpAction,
  ) => MaybePromise<true | { readonly location: string }>
  /** What rotation offers: durations, at most 10. Default `['0s', '1h', '24h', '7d']`; `'24h'` is chosen at first, or the first one. */
  readonly grace?: readonly Duration[]
  /** What creation offers: durations and `'never'`, at most 10. Default `['30d', '90d', '365d', 'never']`; `'90d'` is chosen at first, or the first one. */
  readonly expiry?: readonly (Duration | 'never')[]
  /** Where forms that were sent are kept, so that none makes a second key; instances share one. Default: in the memory of this process. */
  readonly forms?: ReplayStore
  /** Where signed weekly reviews of the audit log are kept: `createPostgresReviewStore`, `createSqliteReviewStore`, or one of your own. Default: none, and no review is signed. */
  readonly reviews?: ReviewStore
  /** What `createAccess` of `sallyport/access` returns, as the gate has it: pages to ask for access and to decide. Default: they are not there. */
  readonly access?: Access
  /** Endpoints to list on the page of how to call the API, and its documents to download: what `createDescription` of `sallyport/openapi` returns. Default: none. */
  readonly description?: ConsoleDescription
  readonly brand?: ConsoleBrand
  /** BCP 47, for dates and numbers. The words are English. Default `'en'`. */
  readonly locale?: string
  /** An IANA time zone for dates. Default `'UTC'`. */
  readonly timeZone?: string
  /** Milliseconds since the epoch. Default: `Date.now`. */
  readonly clock?: Clock
  /** Called with every failure of a store, of `user` or of `stepUp`. Default: written to stderr. */
  readonly onError?: (error: unknown) => void
}
