import type { Permission } from '../options.js'
import type { Fields } from './form.js'
import type { Handler } from './exchange.js'

/** What is done with a form. */
export interface FormRoute {
  /** Any of them is enough. Default: as the page. */
  readonly needs?: readonly Permission[]
  readonly fields: Fields
  readonly run: Handler
  /** The page that has the form, below the mount, where its own address shows none. */
  readonly from?: string
  /** Whether a form that was sent before is refused: doing it twice would be more than doing it once. */
  readonly once?: boolean
  /** Whether it stops a key: others at the address do not hold it up. */
  readonly stops?: boolean
}

/** One address, and what it takes. */
export interface Route {
  /** Below the mount: `/keys/:id`. */
  readonly path: string
  /** Any of them is enough. Empty: whoever is signed in. */
  readonly needs: readonly Permission[]
  readonly get?: Handler
  readonly post?: FormRoute
}

export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

/** An id is one segment of these, in one spelling. */
const SEGMENT = /^[A-Za-z0-9._~-]{1,128}$/

/** Finds the route of a path that is spelled exactly as its links are. Another spelling finds none: nothing is decided by comparing paths but what is shown. */
export function createRouter(routes: readonly Route[]): (path: string) => Match | undefined {
  const patterns = routes.map((route) => ({ route, parts: route.path.split('/') }))
  return (path) => {
    const given = path.split('/')
    for (const { route, parts } of patterns) {
      const params = matched(parts, given)
      if (params !== undefined) return { route, params }
    }
    return undefined
  }
}

function matched(
  parts: readonly string[],
  given: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (parts.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [at, part] of parts.entries()) {
    const segment = given[at] ?? ''
    if (part.startsWith(':')) {
      const text = decoded(segment)
      if (text === undefined) return undefined
      params[part.slice(1)] = text
    } else if (part !== segment) return undefined
  }
  return params
}

/** Ids of people may have any characters: links write them in percent. */
function decoded(segment: string): string | undefined {
  if (SEGMENT.test(segment)) return segment
  try {
    const text = decodeURIComponent(segment)
    return text !== '' && encodeURIComponent(text) === segment ? text : undefined
  } catch {
    return undefined
  }
}
