import type { Refusal } from '../core/denial.js'
import { refuse, told } from '../core/refuse.js'
import { fieldLines, type GateRequest } from '../core/request.js'
import type { Proxies } from './client-address.js'

/** Which environment a request came to. */
export interface Hosts {
  /** By its host. `undefined`: it came to none in particular. */
  environmentOf(request: GateRequest): string | Refusal | undefined
}

/** The host that a request names, and the field that says so. */
interface NamedHost {
  readonly field: string
  readonly hosts: readonly string[]
}

const FIX =
  "Add the host to 'hosts' of an environment, or name the environment of all others in 'environment.default'."

/**
 * By `Host`, or by what a proxy of ours says was the host. Where several proxies say it, all must mean the same environment.
 * @param served the environment of each host, in lower case
 * @param other the environment of all other hosts. `undefined`: they are refused
 */
export function createHosts(
  proxies: Proxies,
  served: ReadonlyMap<string, string>,
  other: string | undefined,
): Hosts {
  function named(request: GateRequest): NamedHost {
    const { fields } = proxies
    const forwarded = proxies.trusts?.(request.peer) === true ? fields.hosts(request) : []
    if (forwarded.length > 0) return { field: fields.hostName, hosts: forwarded }
    const lines = fieldLines(request, 'host')
    // HTTP/2 has it in a field of its own.
    return { field: 'Host', hosts: lines.length > 0 ? lines : fieldLines(request, ':authority') }
  }

  return {
    environmentOf(request) {
      const { field, hosts } = named(request)
      const [first, ...others] = new Set(hosts.map((host) => served.get(nameOf(host)) ?? other))
      if (first !== undefined && others.length === 0) return first
      return refuse('unknown_host', {
        ...{ check: 'host', expected: [...served.keys()], fix: FIX },
        got: hosts.length === 0 ? told(`no ${field}`) : told(`${field}: ${hosts.join(', ')}`),
      })
    },
  }
}

/** Without port and case. */
function nameOf(host: string): string {
  return host.trim().replace(/:\d*$/, '').toLowerCase()
}
