import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { CheckedUser } from '../user.js'

/** What a form has done. The page that follows it says so, once. */
const DONE = [
  ...(['key_saved', 'key_paused', 'key_resumed', 'key_revoked', 'old_key_revoked'] as const),
  ...(['made_revoked', 'access_asked', 'terms_accepted', 'access_approved'] as const),
  ...(['access_denied', 'messages_on', 'messages_off', 'review_signed'] as const),
] as const
export type Done = (typeof DONE)[number]

/** The parameter of the address that has it. */
export const DONE_PARAMETER = 'done'
/** For how long the page that follows may take to be opened. */
const LIFE_MS = 60_000
/** For how much longer it is remembered: clocks of instances differ. */
const MARGIN_MS = 300_000
const NOTE = /^([a-z_]{1,32})\.([0-9a-z]{8,10})\.([\w-]{22})\.([\w-]{43})$/

interface KnownNote {
  readonly done: Done
  /** Under which id it is kept that it was said, and until when: no later is it said. */
  readonly id: string
  readonly until: number
}

/** Nobody can write a link that makes a page say something: a note is signed, for one person, one session and one page. */
export interface DoneNotes {
  /** @param path of the page that says it, below the mount */
  issue(user: CheckedUser, path: string, done: Done): string
  read(note: string, user: CheckedUser, path: string): KnownNote | undefined
}

/** @param secrets the first one signs, all of them verify */
export function createDoneNotes(secrets: readonly string[], clock: () => number): DoneNotes {
  const [current = ''] = secrets
  return {
    issue(user, path, done) {
      const parts = [done, clock().toString(36), randomBytes(16).toString('base64url')]
      return [...parts, macOf(current, user, path, parts)].join('.')
    },
    read(note, user, path) {
      const [, code = '', at = '', nonce = '', mac = ''] = NOTE.exec(note) ?? []
      const done = DONE.find((one) => one === code)
      if (done === undefined) return undefined
      const given = Buffer.from(mac)
      const isOurs = secrets.some((secret) =>
        timingSafeEqual(Buffer.from(macOf(secret, user, path, [code, at, nonce])), given),
      )
      const end = parseInt(at, 36) + LIFE_MS
      if (!isOurs || clock() > end) return undefined
      return { done, id: `note:${nonce}`, until: end + MARGIN_MS }
    },
  }
}

/** Of other words than a form token: a note is in an address, and must be no token. */
function macOf(
  secret: string,
  { sessionId, ownerId, id }: CheckedUser,
  path: string,
  parts: readonly string[],
): string {
  const text = JSON.stringify(['sallyport console note', sessionId, ownerId, id, path, ...parts])
  return createHmac('sha256', secret).update(text).digest('base64url')
}
