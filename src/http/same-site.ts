import type { Refusal, RefusalDetails } from '../core/denial.js'
import { isOrigin } from '../core/origin.js'
import { refuse, told } from '../core/refuse.js'
import { fieldLines, type GateRequest } from '../core/request.js'
import { isLoopback } from '../lib/ip-address.js'

/** RFC 9110 section 9.2.1. */
const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE']

const OF_COOKIE = { fix: "Name the origin of your page in 'origins' of the cookie's place." }

/**
 * A browser sends a cookie with requests that pages of others make. What such a request could change, or open for both ways, it must have from a page of the app's own
 * (Fetch Metadata; RFC 6454). A client that says neither is refused: no browser is as old as that.
 */
export function refuseCrossSite(
  request: GateRequest,
  origins: readonly string[] | false,
  details: RefusalDetails & { readonly fix: string } = OF_COOKIE,
): Refusal | undefined {
  if (origins === false) return undefined
  const isUpgrade = fieldLines(request, 'upgrade').length > 0
  if (SAFE.includes(request.method) && !isUpgrade) return undefined
  const [site, ...moreSites] = fieldLines(request, 'sec-fetch-site')
  const [origin, ...moreOrigins] = fieldLines(request, 'origin')
  const isSingle = moreSites.length + moreOrigins.length === 0
  if (isSingle && origin !== undefined && origins.includes(origin)) return undefined
  if (isSingle && (site === undefined ? isOwn(origin, request) : isSameOrigin(site)))
    return undefined
  const { fix, ...others } = details
  const finding = {
    ...{ check: 'origin' as const, expected: "the origin of this request, or one of 'origins'" },
    got: origin ?? site ?? told('neither Origin nor Sec-Fetch-Site'),
    fix,
  }
  return refuse('origin_not_allowed', finding, others)
}

function isSameOrigin(site: string): boolean {
  return site === 'same-origin' || site === 'none'
}

/** Whether a page has the host of the request. Without TLS, anybody on the way could have made it. */
function isOwn(origin: string | undefined, request: GateRequest): boolean {
  if (origin === undefined || !isOrigin(origin)) return false
  const [host = fieldLines(request, ':authority')[0], another] = fieldLines(request, 'host')
  const { protocol, hostname, host: own } = new URL(origin)
  if (another !== undefined || host?.toLowerCase() !== own) return false
  return protocol === 'https:' || hostname === 'localhost' || isLoopback(hostname)
}
