import type { Auth } from '../core/auth.js'
import type { Refusal } from '../core/denial.js'
import { refuse } from '../core/refuse.js'
import type { RequestContext, Step } from '../core/request-context.js'
import type { Hosts } from '../http/hosts.js'

/** What a request is held to where environments have hosts. */
export interface HostSteps {
  /** Whether there is an environment for the host. */
  readonly checkHost: (context: Pick<RequestContext, 'request'>) => Refusal | undefined
  /** For a caller that presented no credential of its own: whether it is of the environment of the host. */
  readonly checkEnvironment: Step
  /** The same for whoever a credential stands for. */
  readonly refuseElsewhere: (context: RequestContext, auth: Auth) => Refusal | undefined
}

/** @param hosts absent: all environments are served on every host */
export function createHostSteps(hosts: Hosts | undefined): HostSteps {
  const foundOf = ({ request }: Pick<RequestContext, 'request'>) =>
    request && hosts?.environmentOf(request)

  function refuseElsewhere(context: RequestContext, auth: Auth): Refusal | undefined {
    const found = foundOf(context)
    if (found === undefined || found === auth.environment) return undefined
    if (typeof found === 'object') return found
    const finding = { check: 'environment', expected: [found], got: auth.environment } as const
    return refuse('wrong_environment', finding, { auth })
  }

  return {
    checkHost(context) {
      const found = foundOf(context)
      return typeof found === 'object' ? found : undefined
    },
    checkEnvironment: (context) => refuseElsewhere(context, context.caller.auth),
    refuseElsewhere,
  }
}
