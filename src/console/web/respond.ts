import type { Answer } from '../../core/decision.js'
import { html } from '../kit/html.js'
import { layout, type NavItem } from '../kit/layout.js'
import type { Problem } from '../kit/problem.js'
import { navigationFor } from '../navigation.js'
import type { Permission } from '../options.js'
import type { Portal } from '../portal.js'
import type { CheckedUser } from '../user.js'
import { DONE_PARAMETER, type Done } from './done.js'
import { commonHeaders } from './headers.js'
import { locationOf } from './paths.js'
import type { Page, Redirect, Result } from './exchange.js'

/** What is known of a request before it is known who asks. */
export interface Place {
  readonly requestId: string
  /** Below the mount. */
  readonly path: string
  /** From this page to the mount. */
  readonly root: string
}

/** A person who is signed in, and what the role allows. */
export interface SignedIn {
  readonly user: CheckedUser
  readonly can: (permission: Permission) => boolean
}

/** Makes answers: each has all headers that it must have. */
export interface Respond {
  readonly plain: (at: Place, status: number, headers: Answer['headers'], body?: string) => Answer
  /** @param done what the form before this page has done */
  readonly result: (at: Place, signed: SignedIn, result: Result, done?: Done) => Answer
  /** @param again where to go on, if the problem does not say */
  readonly problem: (
    at: Place,
    signed: SignedIn | undefined,
    problem: Problem,
    again?: Problem['link'],
  ) => Answer
}

export function createRespond(portal: Portal): Respond {
  const { options, assets, format } = portal

  function plain(
    { requestId }: Place,
    status: number,
    headers: Answer['headers'],
    body = '',
  ): Answer {
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    return { status, headers: { ...commonHeaders(requestId), ...length, ...headers }, body }
  }

  function pageAnswer(at: Place, signed: SignedIn | undefined, content: Page, done?: Done): Answer {
    const who = signed && { name: signed.user.name, ownerId: signed.user.ownerId }
    const text = layout(
      {
        ...{ brand: options.brand.title, assets: assets.paths, timeZone: format.timeZone },
        ...{ root: at.root, path: at.path, requestId: at.requestId, done },
        madeAt: format.time(new Date(options.clock())),
        nav: signed === undefined ? [] : navigationFor(portal, signed.can, at.path),
        ...(who && { who }),
        ...(options.signOutUrl !== undefined && { signOut: options.signOutUrl }),
      },
      content,
    )
    const type = { 'content-type': 'text/html; charset=utf-8' }
    const { status = 200 } = content
    // The one answer that may have a key in it.
    return plain(at, status, type, status === 201 ? text : portal.wholeKeys.remove(text))
  }

  /** Where somebody goes on whom a page has refused. */
  function wayBack({ path }: Place, signed: SignedIn | undefined) {
    const list = signed && listOf(navigationFor(portal, signed.can, path), path)
    if (list === undefined) return ['', 'Go to the overview'] as const
    return [list.to, `Go to: ${list.words}`] as const
  }

  /** For the page that follows: what to say. */
  function noted({ user }: SignedIn, { to, done }: Redirect): string {
    if (done === undefined) return ''
    const note = portal.notes.issue(user, `/${to}`, done)
    return `?${new URLSearchParams({ [DONE_PARAMETER]: note }).toString()}`
  }

  return {
    plain,
    result(at, signed, result, done) {
      if (result.kind === 'page') return pageAnswer(at, signed, result, done)
      if (result.kind === 'redirect') {
        return plain(at, 303, {
          location: `${locationOf(at.root, result)}${noted(signed, result)}`,
        })
      }
      const disposition = `attachment; filename="${result.name}"`
      const headers = { 'content-type': result.type, 'content-disposition': disposition }
      return plain(at, 200, headers, result.text)
    },
    problem(at, signed, problem, again = wayBack(at, signed)) {
      const { status, text, headers, way, link = again } = problem
      const [to, words] = link
      const href = isElsewhere(to) ? to : `${at.root}${to}`
      const next = way ?? html`<p class="acts"><a class="btn main" href="${href}">${words}</a></p>`
      const help = html`<p class="note">
        If you ask for help, give this request id: <code>${at.requestId}</code>
      </p>`
      const body = html`<div class="card">${next} ${status !== 401 && help}</div>`
      const content = { kind: 'page', status, title: text.title, lead: text.detail, body } as const
      const answer = pageAnswer(at, signed, content)
      return { ...answer, headers: { ...answer.headers, ...headers } }
    },
  }
}

/** The list that the page belongs to, if the person may see it. */
function listOf(items: readonly NavItem[], path: string): NavItem | undefined {
  return items.find(({ isHere, to }) => isHere && to !== '' && path !== `/${to}`)
}

function isElsewhere(to: string): boolean {
  return to.startsWith('/') || to.startsWith('https:')
}
