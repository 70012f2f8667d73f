import type { EndpointRequest } from '../../http/body.js'
import { lazily } from '../../lib/lazily.js'
import { environmentsOf } from '../keys/managed-keys.js'
import type { Portal } from '../portal.js'
import { pageInstead, pageToReturnTo } from './paths.js'
import type { Match, Route } from './router.js'

interface Asked {
  readonly call: EndpointRequest
  readonly root: string
}

/** The page that a sign-in leads back to. It has no key, nor a piece of one: the sign-in may be another site. */
export interface ReturnAddress {
  readonly of: (asked: Asked, route: Route | undefined) => string
  /** Of who is not signed in, nobody knows whether what the path names is there. */
  readonly ofVisitor: (asked: Asked, match: Match | undefined) => string
}

export function createReturnAddress(
  { gates, wholeKeys }: Portal,
  find: (path: string) => Match | undefined,
): ReturnAddress {
  const environments = lazily(() => gates.all.flatMap(environmentsOf))

  function of({ call, root }: Asked, route: Route | undefined, instead?: string): string {
    const { url, method } = call.request
    const from = method === 'POST' ? route?.post?.from : undefined
    const pageFrom = (below: string | undefined) => pageToReturnTo(url, root, below, environments())
    const page = pageFrom(instead ?? from)
    return wholeKeys.find(page).length > 0 ? pageFrom('') : page
  }

  return {
    of: (asked, route) => of(asked, route),
    ofVisitor(asked, match) {
      const instead = pageInstead(match, (path) => find(path)?.route.get !== undefined)
      return of(asked, match?.route, instead)
    },
  }
}
