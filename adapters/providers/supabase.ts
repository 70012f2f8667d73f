import type { IssuerOptions } from '../../src/index.js'
import { flag, optionsOf, wrong } from './check.js'

export interface SupabaseOptions {
  /** The reference of the project, as in its URL: `'abcdefghijklmnopqrst'`. */
  readonly project: string
  /** Lets in users that have signed in anonymously. Default false. */
  readonly anonymous?: boolean
}

/**
 * Access tokens of users of Supabase, with the new signing keys. Scopes are those of `app_metadata.roles`, which only your backend can change. The service keys of a
 * project (`anon`, `service_role`) are rejected.
 * @example issuers: [supabase({ project: 'abcdefghijklmnopqrst' })]
 */
export function supabase(options: SupabaseOptions): IssuerOptions {
  const { project, anonymous = false } = optionsOf(options, 'supabase', ['project', 'anonymous'])
  if (!/^[a-z0-9]{1,63}$/.test(project)) {
    throw wrong(
      "supabase: 'project' must be the reference of the project",
      "supabase({ project: 'abcdefghijklmnopqrst' })",
    )
  }
  const isOpen = flag(
    anonymous,
    "supabase: 'anonymous'",
    "supabase({ project: 'abcdefghijklmnopqrst', anonymous: true })",
  )
  const issuer = `https://${project}.supabase.co/auth/v1`
  return {
    ...{ issuer, audience: 'authenticated', jwksUri: `${issuer}/.well-known/jwks.json` },
    ...{ algorithms: ['ES256', 'RS256'], profile: 'any', scopes: 'app_metadata.roles' },
    claims: { role: 'authenticated', ...(!isOpen && { is_anonymous: false }) },
  }
}
