import * as v from 'valibot'
import { isNetwork, isWholeFamily } from './networks.js'
import { lazily } from '../lib/lazily.js'
import { wholeNumber } from '../lib/schema-kinds.js'
import { strictObject } from '../lib/schema-objects.js'

/** The reverse proxies in front of a server. */
export type TrustedProxies = readonly string[] | { readonly hops: number }

/** In the place of an address: the peer of a Unix socket, which has none. */
export const UNIX = 'unix'

const PRESETS: ReadonlyMap<string, readonly string[]> = new Map([
  ['loopback', ['127.0.0.0/8', '::1']],
  ['linklocal', ['169.254.0.0/16', 'fe80::/10']],
  ['uniquelocal', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
  [UNIX, []],
])
const MAX_HOPS = 10

const FORMS =
  "must list your proxies, such as ['10.0.0.0/8'], ['loopback'], ['uniquelocal'] or ['unix'], or count them, such as { hops: 1 }: see docs/proxies.md. Who is trusted here can write any client address"

const proxy = lazily(() =>
  v.pipe(
    v.string(),
    v.check(
      (name) => PRESETS.has(name) || isNetwork(name),
      "must be an IP address, a CIDR network such as '10.0.0.0/8', 'loopback', 'linklocal', 'uniquelocal' or 'unix'",
    ),
    v.check(
      (name) => !isWholeFamily(name),
      'trusts every client, and each could write its own address; list the networks of your proxies alone',
    ),
  ),
)
const counted = lazily(() =>
  strictObject({
    hops: wholeNumber(1, MAX_HOPS),
  }),
)

export const trustProxy = lazily(() =>
  v.optional(v.union([v.array(proxy()), counted()], FORMS), []),
)

export const proxyHeaders = lazily(() =>
  v.optional(
    v.picklist(['x-forwarded', 'forwarded'], "must be 'x-forwarded' or 'forwarded'"),
    'x-forwarded',
  ),
)

/** The networks of proxies, with those that have names. */
export function networksOf(proxies: readonly string[]): readonly string[] {
  return proxies.flatMap((proxy) => PRESETS.get(proxy) ?? [proxy])
}
