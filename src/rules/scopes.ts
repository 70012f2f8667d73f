import type { Auth } from '../core/auth.js'
import type { Refusal } from '../core/denial.js'
import { refuse } from '../core/refuse.js'
import type { RequestContext } from '../core/request-context.js'

/** Every scope that the route requires must be held, and one of those of which any will do. */
export function checkScopes(context: RequestContext): Refusal | undefined {
  const { caller, requirement } = context
  const { scopes, anyScope } = requirement
  const held = caller.scopes
  for (const scope of scopes) if (!held.has(scope)) return refuseLacking(context)
  if (anyScope.length === 0) return undefined
  for (const scope of anyScope) if (held.has(scope)) return undefined
  return refuseLacking(context)
}

function refuseLacking({ caller, requirement }: RequestContext): Refusal {
  const { scopes, anyScope } = requirement
  const missing = scopes.filter((scope) => !caller.scopes.has(scope))
  const alternatives = anyScope.some((scope) => caller.scopes.has(scope)) ? [] : anyScope
  const expected = [...scopes, ...(anyScope.length > 0 ? [anyScope.join(' or ')] : [])].join(' ')
  const fix = caller.auth.kind === 'token' ? FIX : undefined
  const finding = { check: 'scope', expected, got: caller.auth.scopes, fix } as const
  return refuse('insufficient_scope', finding, {
    scopes: [...new Set([...scopes, ...anyScope])],
    missing: [...new Set([...missing, ...alternatives])],
    detail: lacking(caller.auth.kind, missing, alternatives),
  })
}

const FIX =
  "A token has the scopes in 'scope', else 'scp', or in the claims that 'scopes' of its issuer names, as far as they are in the option 'scopes' of the gate; where its issuer has 'identify', that may say others."

function lacking(
  kind: Auth['kind'],
  missing: readonly string[],
  alternatives: readonly string[],
): string {
  const credential = { key: 'API key', token: 'access token', app: 'account' }[kind]
  const noun = missing.length === 1 ? 'scope' : 'scopes'
  const parts = [
    ...(missing.length > 0 ? [`the ${noun} ${missing.join(', ')}`] : []),
    ...(alternatives.length > 0 ? [`one of the scopes ${alternatives.join(', ')}`] : []),
  ]
  return `The ${credential} lacks ${parts.join(' and ')}.`
}
