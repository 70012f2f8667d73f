import type { Denial } from '../core/decision.js'
import { isRefusal, Refusal } from '../core/denial.js'
import type { RequestContext } from '../core/request-context.js'
import { fieldLines } from '../core/request.js'
import type { Authenticator } from '../gate/authenticate.js'
import type { Hosts } from '../http/hosts.js'
import { createUnaudited } from '../http/without-audit.js'
import { then } from '../lib/maybe.js'
import type { ReplaceableParts } from '../gate/replaceable-parts.js'
import type { TestCallers } from './test-callers.js'
import type { TestRejections } from './test-rejections.js'

/** The header that names a caller that a test has made up. Only a gate for tests reads it. */
export const CALLER_HEADER = 'x-sallyport-test-caller'

const MULTIPLE = new Refusal('multiple_credentials')

export function isProduction(): boolean {
  return process.env['NODE_ENV'] === 'production'
}

/** The parts of a gate, with callers and rejections that a test has made up. In production they are as they were. */
export function replaceParts(
  own: ReplaceableParts,
  callers: Pick<TestCallers<string>, 'find'>,
  rejections: Pick<TestRejections<string>, 'take'>,
  isWithoutPhi: boolean,
  denied: (denial: Denial) => void,
): ReplaceableParts {
  const orCaller =
    (authenticate: Authenticator): Authenticator =>
    (context: RequestContext) =>
      (isProduction() ? undefined : callers.find(context.secret)) ?? authenticate(context)

  return {
    authenticate: orCaller(own.authenticate),
    authenticateAnew: orCaller(own.authenticateAnew),
    refuseInsecure: (request) => (isProduction() ? own.refuseInsecure(request) : rejections.take()),
    hosts: own.hosts && orAnyHost(own.hosts),
    readCredential(request) {
      const [value, ...others] = isProduction() ? [] : fieldLines(request, CALLER_HEADER)
      const credential = own.readCredential(request)
      if (value === undefined) return credential
      if (!isRefusal(credential) || others.length > 0) return MULTIPLE
      return credential.details.isAbsent === true ? { value, accepts: 'key' } : credential
    },
    trail: withDenials(own.trail ?? noTrail(isWithoutPhi), denied),
  }
}

/** Nothing is recorded, and what must be is an error, as in production. */
function noTrail(isWithoutPhi: boolean): NonNullable<ReplaceableParts['trail']> {
  const unaudited = createUnaudited(isWithoutPhi)
  return { begin: () => unaudited, decided: (_context, decided) => decided }
}

/** The same trail; each denial is told. */
function withDenials(
  trail: NonNullable<ReplaceableParts['trail']>,
  denied: (denial: Denial) => void,
): ReplaceableParts['trail'] {
  return {
    ...trail,
    decided: (context, decision, unrecorded) =>
      then(trail.decided(context, decision, unrecorded), (decided) => {
        if (!decided.allowed) denied(decided)
        return decided
      }),
  }
}

/** Tests send requests to a host of their own: where none is listed, the environment is that of the caller. */
function orAnyHost(hosts: Hosts): Hosts {
  return {
    environmentOf(request) {
      const found = hosts.environmentOf(request)
      return isProduction() || typeof found === 'string' ? found : undefined
    },
  }
}
