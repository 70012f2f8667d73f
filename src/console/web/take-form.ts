import type { EndpointRequest } from '../../http/body.js'
import type { Markup } from '../kit/html.js'
import { Problem } from '../kit/problem.js'
import type { KnownForm } from './form-token.js'
import { againOf, EMPTY_FORM, readForm, TOKEN_FIELD } from './form.js'
import { keptForm, withKept } from './kept-form.js'
import { checkOrigin } from './origin.js'
import type { FormRoute } from './router.js'
import type { PageRequest } from './exchange.js'
import { askApp } from './ask-app.js'

type Begun = Omit<PageRequest, 'form' | 'formAt' | 'token'>

/** A look at a page: nothing was sent. */
export function lookAt(begun: Begun): PageRequest {
  const token = begun.portal.tokens.issue(begun.user)
  return { ...begun, token, form: EMPTY_FORM, formAt: 0 }
}

/**
 * A form that may be acted on: it came from a page of this origin that was made for this session, and is not one too many.
 * @throws {Problem}
 */
export async function takeForm(
  begun: Begun,
  call: EndpointRequest,
  { fields, once = false, stops = false, from = begun.path.slice(1) }: FormRoute,
): Promise<PageRequest> {
  const { portal, user, address } = begun
  checkOrigin(call.request)
  const tooMany = await portal.takeForm(user, address, stops).catch((error: unknown) => error)
  const form = await readForm(call, fields)
  const sent = form.get(TOKEN_FIELD)
  let isClaimed = false
  const tokenNow = () =>
    isClaimed ? portal.tokens.renew(user, sent) : portal.tokens.reissue(user, sent, once)
  const known = portal.tokens.read(sent, user)
  // Nobody sees, nor sends under their own name, what somebody else has typed.
  const isTheirs = known !== undefined || portal.tokens.isOf(user, sent)
  const shown = () => (isClaimed ? againOf(form, fields) : form)
  const kept = () => (isTheirs ? keptForm(begun, fields, shown(), tokenNow(), from) : undefined)
  if (tooMany !== undefined) throw withKept(tooMany, kept())
  if (known === undefined) {
    const isOld = isTheirs && tokenNow() === undefined
    throw isOld ? oldForm(from, kept()) : staleForm(kept(), from)
  }
  const asked = { ...begun, token: portal.tokens.issue(user), form, formAt: known.at, kept }
  if (!once) return asked
  const take = async () => {
    await claim(asked, known)
    isClaimed = true
  }
  return { ...asked, claim: take }
}

/** @param kept what was typed @param from the page that has the form */
export function staleForm(kept?: Markup, from?: string): Problem {
  return new Problem(403, {
    title: 'This form is no longer valid',
    detail: `It is too old, somebody else has opened it, or you have signed in again since. Nothing was changed.${kept === undefined ? '' : ' See who is signed in, and send it again.'}`,
    ...(from !== undefined && { link: [from, 'Open the form again'] as const }),
    ...(kept && { way: kept }),
  })
}

/** A form that may have been sent before, so long ago that nobody remembers it. */
function oldForm(from: string, kept?: Markup): Problem {
  return new Problem(403, {
    title: 'This form is too old',
    detail: `Its page was opened more than 12 hours ago, and it may have been sent before. Nothing was changed now. Look whether it has done its work, or open the form again${kept === undefined ? '.' : ': what you have typed is shown here.'}`,
    ...(kept === undefined ? { link: [from, 'Open the form again'] as const } : { way: kept }),
  })
}

/** Only one request, in all instances, gets past this. @throws {Problem} 409; 503 where the store cannot tell within 5 seconds */
async function claim({ portal, user }: Begun, { nonce, until }: KnownForm): Promise<void> {
  const { clock, forms, onError } = portal.options
  const kept = { forMs: until - clock(), ownerId: user.ownerId }
  const add = () => forms.addIfAbsent(`form:${nonce}`, until, kept)
  const isFirst = await askApp("'forms'", add).catch((error: unknown) => {
    onError(error)
    throw new Problem(503)
  })
  if (!isFirst) throw new Problem(409)
}
