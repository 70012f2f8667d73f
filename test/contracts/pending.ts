/** Cases that wait for a capability, by system and name. */
export const PENDING: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  healthcloud: {
    'exchange a key for a one-hour JWT': 'token exchange',
    'the JWT opens what its scopes allow': 'token exchange',
    'and nothing more, though the key behind it could': 'token exchange',
    'a scope the key does not hold: invalid_scope': 'token exchange',
    'a JWT cannot be exchanged for another JWT': 'token exchange',
    'malformed JSON at the token endpoint: 400, not 500': 'token exchange',
    'the public keys are served for other verifiers': 'token exchange',
    'a JWT from the successor, before it is revoked': 'token exchange',
    'and every JWT it was exchanged for': 'token exchange',
  },
  healthsync: {
    'a key scoped to one resource reads it': 'resources',
    'and no other': 'resources',
    'an encoded slash does not widen it': 'resources',
    "an OAuth 2.0 access token of the user's": 'tokens',
    "a service account's token": 'tokens',
  },
}

/** Credentials that wait for a capability. */
export const PENDING_CREDENTIALS: Readonly<Record<string, readonly string[]>> = {
  healthsync: ['oauthToken', 'oneRecord', 'serviceToken'],
}

/** Systems whose example waits for a capability as a whole. */
export const PENDING_SYSTEMS: Readonly<Record<string, string>> = {
  novamed: 'tenants, policies, audit trail',
}
