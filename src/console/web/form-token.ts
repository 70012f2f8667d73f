import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { CheckedUser } from '../user.js'

/** How long a page with a form may be left open. */
const FORM_LIFE_MS = 12 * 3_600_000
/** For how much longer it is remembered that a form was sent: clocks of instances differ. */
const MARGIN_MS = 3_600_000
/** Characters of half a nonce: 66 bits. */
const HALF = 11
const TOKEN = /^([0-9a-z]{8,10})\.([\w-]{22})\.([\w-]{43})$/

/** A form of this console, of this session, that is not too old. */
export interface KnownForm {
  /** Names this one form. */
  readonly nonce: string
  /** When its page was made, in milliseconds since the epoch. */
  readonly at: number
  /** Until when it has to be remembered that it was sent: no later is it accepted. */
  readonly until: number
}

export interface FormTokens {
  /** For a hidden field: it says that this page was made for this session. */
  issue(user: CheckedUser): string
  /** Whether a token, also one of another session, was made for this person in this organization. */
  isOf(user: CheckedUser, sent: string): boolean
  /**
   * The same for a form that is shown once more, such as one of another session: both are one form, of one time.
   * @param isOnce only one of them is acted on. `undefined` where it is too old: nobody remembers any more whether one was
   */
  reissue(user: CheckedUser, sent: string, isOnce: boolean): string | undefined
  /** Another form of the time of one that was acted on, which may have failed. */
  renew(user: CheckedUser, sent: string): string
  read(token: string, user: CheckedUser): KnownForm | undefined
}

/** @param secrets the first one signs, all of them verify */
export function createFormTokens(secrets: readonly string[], clock: () => number): FormTokens {
  const [current = ''] = secrets
  /** Half of it says whose form it is, whatever the session. */
  function nonceFor(user: CheckedUser): string {
    const start = randomBytes(16).toString('base64url').slice(0, HALF)
    return `${start}${ownerMark(current, user, start)}`
  }
  function issue(user: CheckedUser, nonce = nonceFor(user), at = clock().toString(36)): string {
    return `${at}.${nonce}.${macOf(current, user, at, nonce)}`
  }
  const isFresh = (at: string) => Math.abs(clock() - parseInt(at, 36)) <= FORM_LIFE_MS

  return {
    issue: (user) => issue(user),
    isOf(user, sent) {
      const [, , nonce = ''] = TOKEN.exec(sent) ?? []
      const start = nonce.slice(0, HALF)
      return secrets.some((secret) => nonce === `${start}${ownerMark(secret, user, start)}`)
    },
    reissue(user, sent, isOnce) {
      const [, at = '', nonce] = TOKEN.exec(sent) ?? []
      if (isFresh(at)) return issue(user, nonce, at)
      return isOnce ? undefined : issue(user)
    },
    renew(user, sent) {
      const [, at = ''] = TOKEN.exec(sent) ?? []
      return issue(user, nonceFor(user), at)
    },
    read(token, user) {
      const [, at = '', nonce = '', mac = ''] = TOKEN.exec(token) ?? []
      if (mac === '') return undefined
      // As texts: several texts stand for the same bytes, and only one of them was issued.
      const given = Buffer.from(mac)
      const isOurs = secrets.some((secret) =>
        timingSafeEqual(Buffer.from(macOf(secret, user, at, nonce)), given),
      )
      if (!isOurs || !isFresh(at)) return undefined
      const madeAt = parseInt(at, 36)
      return { nonce, at: madeAt, until: madeAt + FORM_LIFE_MS + MARGIN_MS }
    },
  }
}

function ownerMark(secret: string, { ownerId, id }: CheckedUser, start: string): string {
  const text = JSON.stringify(['sallyport console form of', ownerId, id, start])
  return createHmac('sha256', secret).update(text).digest('base64url').slice(0, HALF)
}

/** As JSON: no two lists of texts have the same one. */
function macOf(secret: string, { sessionId, ownerId, id }: CheckedUser, at: string, nonce: string) {
  const text = JSON.stringify(['sallyport console form', sessionId, ownerId, id, at, nonce])
  return createHmac('sha256', secret).update(text).digest('base64url')
}
