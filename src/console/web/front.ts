import type { Answer } from '../../core/decision.js'
import {
  AuditError,
  IdShareError,
  LimitStoreError,
  StoreError,
  TokenStoreError,
} from '../../core/errors.js'
import { pathOf, queryOf, type GateRequest } from '../../core/request.js'
import type { Inspection } from '../../gate/gate.js'
import type { EndpointRequest } from '../../http/body.js'
import { Problem } from '../kit/problem.js'
import type { Permission } from '../options.js'
import type { Portal } from '../portal.js'
import { keptBefore, withKept } from './kept-form.js'
import { mountRedirect, rootOf, sameAgain } from './paths.js'
import { lookAt, takeForm } from './take-form.js'
import { saidOnce } from './said-once.js'
import type { PageRequest } from './exchange.js'
import { createRespond, type Place, type SignedIn } from './respond.js'
import { createReturnAddress } from './return-address.js'
import { createRouter, type Match, type Route } from './router.js'
import { askToSignIn, findUser } from './sign-in.js'
import { createSignIns } from './signed-in.js'

const MAYBE_DONE = 'It may have been done all the same: look, before you send the form again.'

interface Arrived extends Place {
  readonly call: EndpointRequest
  readonly inspection: Inspection
}

/** Answers every request below the mount. Nothing but assets is shown before it is known who asks. */
export function createFront(
  portal: Portal,
  routes: readonly Route[],
): (call: EndpointRequest) => Promise<Answer> {
  const { options, gates, assets } = portal
  const find = createRouter(routes)
  const respond = createRespond(portal)
  const returnAddress = createReturnAddress(portal, find)
  const { signedAs, signedNow } = createSignIns(portal)

  return async function answerConsole(call) {
    const inspection = gates.first.inspect(call.request)
    const { requestId } = inspection
    const path = pathOf(call.target)
    const at = { call, inspection, requestId, path, root: rootOf(call.target) }
    const answer = await answerBefore(at).catch((error: unknown) => failed(at, undefined, error))
    return call.request.method === 'HEAD' ? { ...answer, body: '' } : answer
  }

  async function answerBefore(at: Arrived): Promise<Answer> {
    const { request, target } = at.call
    if (at.inspection.denial !== undefined) throw insecure()
    if (isReading(request)) {
      const location = mountRedirect(request.url, target)
      if (location !== undefined) return respond.plain(at, 308, { location })
      const asset = assets.find(at.path)
      if (asset !== undefined) return asset
    }
    const user = await findUser(options, request)
    if (user === undefined) {
      const match = find(at.path)
      const form = request.method === 'POST' ? match?.route.post : undefined
      const kept = form && (await keptBefore(portal, at, form.fields, at.inspection.address))
      return askToSignIn(options, respond, at, request, returnAddress.ofVisitor(at, match), kept)
    }
    const signed = signedAs(user)
    return answerPerson(at, signed).catch((error: unknown) => failed(at, signed, error))
  }

  async function answerPerson(at: Arrived, signed: SignedIn): Promise<Answer> {
    const match = find(at.path)
    if (match === undefined) throw new Problem(404)
    const { method, url } = at.call.request
    const { route } = match
    const handler = handlerFor(route, method)
    const isForm = method === 'POST' && route.post !== undefined
    const needs = (isForm ? route.post.needs : undefined) ?? route.needs
    checkPermission(needs, signed)
    const begun = {
      ...{ portal, ...signed, request: at.call.request, requestId: at.requestId },
      ...{ address: at.inspection.address, root: at.root, path: at.path, params: match.params },
      returnTo: returnAddress.of(at, route),
      query: new URLSearchParams(queryOf(url)),
    }
    if (!isForm) {
      const shown = await handler(lookAt(begun))
      // Last: what a page that could not be shown has not said is said by the next try.
      return respond.result(at, signed, shown, await saidOnce(begun))
    }
    const asked = await takeForm(begun, at.call, route.post)
    const now = await signedNow(at.call.request, signed)
    checkPermission(needs, now)
    try {
      return respond.result(at, now, await handler({ ...asked, ...now }))
    } catch (error) {
      throw failedForm(options, asked, error)
    }
  }

  function failed(at: Arrived, signed: SignedIn | undefined, error: unknown): Answer {
    const isKnown = error instanceof Problem
    if (!isKnown) options.onError(error)
    const problem = isKnown ? error : new Problem(isOutage(error) ? 503 : 500)
    const link = problem.status < 500 ? undefined : again(at, find(at.path)?.route)
    return respond.problem(at, signed, problem, link)
  }
}

/** What failed, once more: the page, or the page that has the form. */
function again({ call: { request }, path }: Arrived, route?: Route): NonNullable<Problem['link']> {
  // What is no page may have anything in its address.
  if (route === undefined) return sameAgain('/', '')
  if (!isReading(request)) return sameAgain(`/${route.post?.from ?? path.slice(1)}`, '')
  return sameAgain(path, new URLSearchParams(queryOf(request.url)).toString())
}

/** @throws {Problem} 403 */
function checkPermission(needs: readonly Permission[], { can }: SignedIn): void {
  if (needs.length > 0 && !needs.some(can)) throw new Problem(403)
}

function isReading({ method }: GateRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** @throws {Problem} 405 */
function handlerFor({ get, post }: Match['route'], method: string) {
  const handler =
    method === 'POST' ? post?.run : method === 'GET' || method === 'HEAD' ? get : undefined
  if (handler !== undefined) return handler
  const allow = [...(get ? ['GET', 'HEAD'] : []), ...(post ? ['POST'] : [])].join(', ')
  throw new Problem(405, { headers: { allow } })
}

/** What was typed is not lost where something behind the page fails. */
function failedForm(
  { onError }: Portal['options'],
  { kept }: PageRequest,
  error: unknown,
): unknown {
  if (error instanceof Problem) {
    return [429, 503].includes(error.status) ? withKept(error, kept?.()) : error
  }
  onError(error)
  const problem = new Problem(isOutage(error) ? 503 : 500)
  return withKept(problem, kept?.(), MAYBE_DONE)
}

function insecure(): Problem {
  return new Problem(403, {
    title: 'HTTPS is required',
    detail: 'Open this page with https:// in its address.',
  })
}

const OUTAGES = [StoreError, AuditError, LimitStoreError, TokenStoreError, IdShareError]

function isOutage(error: unknown): boolean {
  return OUTAGES.some((outage) => error instanceof outage)
}
