import { DEMO, endFormerDemo } from '../demo.js'
import { createAuthorizationServer, USER } from '../oauth/authorization-server.js'
import type { Place } from '../place.js'
import type { System } from '../system.js'
import { createExpressApp } from './express.js'
import { API, createReferenceGate, ISSUER } from './gate.js'
import { createKoaApp } from './koa.js'
import { openReferencePortal } from './portal.js'

/** The reference API: bearer keys and OAuth 2.0, three tiers with an hourly quota and a burst limit, flat errors. */
export async function openReference(place: Place): Promise<System> {
  const scopes = ['read', 'write'] as const
  const oauth = await createAuthorizationServer(place, { issuer: ISSUER, audience: API, scopes })
  const gate = createReferenceGate(place, [oauth.trusted])
  await endFormerDemo(gate.keys)
  const issue = async (plan: string, ownerId: string) => {
    const key = { name: `Demo of ${plan}`, scopes, metadata: DEMO }
    const { secret } = await gate.keys.create({ ...key, plan, ownerId })
    return secret
  }
  const portal = openReferencePortal(gate, place.console)
  return {
    credentials: {
      free: await issue('free', 'org_free'),
      pro: await issue('pro', 'org_pro'),
      enterprise: await issue('enterprise', 'org_big'),
      expiredToken: await oauth.token(USER, 'read write', 7_200),
      oauthClient: oauth.clientSecret,
      // Of the user `demo`.
      password: oauth.password,
    },
    hosts: { [new URL(ISSUER).host]: 'live' },
    portal,
    express: () => createExpressApp(gate, portal, oauth),
    koa: () => createKoaApp(gate, portal, oauth).callback(),
    tries: [
      '-H "Authorization: Bearer {free}" URL/v1/users/me',
      '-H "Authorization: Bearer {pro}" URL/v1/users',
      '-H "Authorization: Bearer INVALID_KEY" URL/v1/users/me',
      'URL/.well-known/openid-configuration',
    ],
    close: () => gate.close(),
  }
}
