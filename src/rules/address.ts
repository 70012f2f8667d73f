import type { Refusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import type { RequestContext } from '../core/request-context.js'

/** A key with a list of addresses works from these only; from an unknown address, it does not. */
export function checkAddress(context: RequestContext): Refusal | undefined {
  const { addresses } = context.caller
  return addresses === undefined || addresses.includes(context.client())
    ? undefined
    : refuseAddress(context)
}

function refuseAddress(context: RequestContext): Refusal {
  const client = context.client()
  return refuse('address_not_allowed', {
    check: 'address',
    expected: "an address in 'allowedIps' of the key",
    got: client ?? told('a client whose address is not known'),
    fix:
      client === undefined
        ? "A proxy may be missing in 'trustProxy', or X-Forwarded-For has something else than addresses."
        : "If this is the address of a proxy, name it in 'trustProxy'.",
  })
}
