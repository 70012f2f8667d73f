import type { KeyStore, LimitStore } from 'sallyport'
import { DEMO, endFormerDemo } from '../store.js'
import type { System } from '../system.js'
import { createAuthorizationServer } from './authorization-server.js'
import { createExpressApp } from './express.js'
import { API, createReferenceGate, ISSUER } from './gate.js'
import { createKoaApp } from './koa.js'

/** The reference API: bearer keys and OAuth 2.0, three tiers with an hourly quota and a burst limit, flat errors. */
export async function openReference(store: KeyStore, limitStore: LimitStore): Promise<System> {
  const oauth = await createAuthorizationServer()
  const issuer = { issuer: ISSUER, audience: API, algorithms: ['RS256'], jwks: oauth.jwks } as const
  const gate = createReferenceGate(store, limitStore, Date.now, [issuer])
  await endFormerDemo(gate.keys)
  const issue = async (plan: string, ownerId: string) => {
    const key = { name: `Demo of ${plan}`, scopes: ['read', 'write'], metadata: DEMO } as const
    const { secret } = await gate.keys.create({ ...key, plan, ownerId })
    return secret
  }
  return {
    credentials: {
      free: await issue('free', 'org_free'),
      pro: await issue('pro', 'org_pro'),
      enterprise: await issue('enterprise', 'org_big'),
      expiredToken: await oauth.expiredToken(),
      oauthClient: oauth.clientSecret,
      // Of the user `demo`.
      password: oauth.password,
    },
    express: () => oauth.beside(createExpressApp(gate)),
    koa: () => oauth.beside(createKoaApp(gate).callback()),
    tries: [
      '-H "Authorization: Bearer {free}" URL/v1/users/me',
      '-H "Authorization: Bearer {pro}" URL/v1/users',
      '-H "Authorization: Bearer INVALID_KEY" URL/v1/users/me',
      '-H "X-Forwarded-Proto: https" URL/.well-known/openid-configuration',
    ],
    close: () => gate.close(),
  }
}
