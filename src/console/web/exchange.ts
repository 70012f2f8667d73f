import type { GateRequest } from '../../core/request.js'
import type { Markup } from '../kit/html.js'
import type { Permission } from '../options.js'
import type { Portal } from '../portal.js'
import type { CheckedUser } from '../user.js'
import type { Done } from './done.js'
import type { Form } from './form.js'

/** One request of a person who is signed in, and may see what it asks for. */
export interface PageRequest {
  readonly portal: Portal
  readonly user: CheckedUser
  readonly can: (permission: Permission) => boolean
  readonly request: GateRequest
  readonly requestId: string
  /** Absent: it cannot be known. */
  readonly address: string | undefined
  /** From this page to the mount: `./` or `../` several times. */
  readonly root: string
  /** Below the mount. */
  readonly path: string
  /** Where the person goes on after another page of the app: the address of this page, or of the page that has the form. */
  readonly returnTo: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Empty, unless a form was sent. */
  readonly form: Form
  /** When the page of the form was made, in milliseconds since the epoch. */
  readonly formAt: number
  /** Makes sure that this form is acted on once, in all instances. @throws {Problem} 409 */
  readonly claim?: () => Promise<void>
  /** What was typed, with a button that sends it again: as the same form, of which only one is acted on, unless this one was acted on already. `undefined` where nothing was typed. */
  readonly kept?: () => Markup | undefined
  /** For the hidden field of each form of the page. */
  readonly token: string
}

/** A page of the console. */
export interface Page {
  readonly kind: 'page'
  /** Default 200. */
  readonly status?: number
  /** Also the only `h1`, where `heading` does not say otherwise. */
  readonly title: string
  /** One sentence below the heading. */
  readonly lead?: Markup | string
  /** Beside the heading: what is done from here. */
  readonly actions?: Markup
  /** The way up: addresses below the mount, and their words. */
  readonly trail?: readonly (readonly [to: string, words: string])[]
  readonly body: Markup
}

/** Status 303. */
export interface Redirect {
  readonly kind: 'redirect'
  /** Below the mount, without the first slash; or an address elsewhere, as it is. */
  readonly to: string
  readonly elsewhere?: boolean
  /** What the page there has to say. */
  readonly done?: Done
}

export interface Download {
  readonly kind: 'download'
  readonly type: string
  readonly name: string
  readonly text: string
}

export type Result = Page | Redirect | Download

export type Handler = (asked: PageRequest) => Promise<Result> | Result

export function page(content: Omit<Page, 'kind'>): Page {
  return { kind: 'page', ...content }
}

/** Where the page before this one ended; `''` for the first page, and for what no store has given. */
export function cursorIn({ query }: Pick<PageRequest, 'query'>): string {
  const cursor = query.get('cursor') ?? ''
  return /^[\x21-\x7e]{1,256}$/.test(cursor) ? cursor : ''
}

/** @param to below the mount, without the first slash @param done what the page there has to say */
export function redirect(to: string, done?: Done): Redirect {
  return { kind: 'redirect', to, ...(done && { done }) }
}
