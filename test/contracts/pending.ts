/** Cases that wait for a capability, by system and name. */
export const PENDING: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  healthsync: {
    'a key scoped to one resource reads it': 'resources',
    'and no other': 'resources',
    'an encoded slash does not widen it': 'resources',
    "an OAuth 2.0 access token of the user's": 'tokens',
  },
}

/** Credentials that wait for a capability. */
export const PENDING_CREDENTIALS: Readonly<Record<string, readonly string[]>> = {
  healthsync: ['oauthToken', 'oneRecord'],
}

/** Systems whose example waits for a capability as a whole. */
export const PENDING_SYSTEMS: Readonly<Record<string, string>> = {
  novamed: 'tenants, policies, audit trail',
}

/** What `cases[].audit` waits for; the exchange itself is held to its contract already. */
export const PENDING_AUDIT = 'audit trail'
