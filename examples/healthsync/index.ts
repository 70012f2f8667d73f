import type { IssuerOptions } from 'sallyport'
import { DEMO, endFormerDemo } from '../demo.js'
import { createAuthorizationServer } from '../oauth/authorization-server.js'
import { admitPartner } from '../partners.js'
import type { Place } from '../place.js'
import { secretsOf, type System } from '../system.js'
import { createExpressApp } from './express.js'
import {
  createHealthsyncAccess,
  createHealthsyncGate,
  HOSTS,
  ISSUER,
  type HealthsyncGate,
} from './gate.js'
import { importerAccount, signAssertion } from './importer.js'
import { createKoaApp } from './koa.js'
import { openHealthsyncPortal } from './portal.js'

/** Where users sign in, for applications of others. */
const LOGIN = 'https://auth.healthsync.example'

const DEMO_OWNERS = ['premium', 'developer', 'single', 'enterprise', 'plus', 'free'] as const

/**
 * HealthSync: bearer keys, four plans with hourly limits that an organization shares, one of them without access; a sandbox; keys for single records;
 * access that is asked for; tokens of users and of a service account; keys over HTTP.
 */
export async function openHealthsync(place: Place): Promise<System> {
  const importerKey = place.privateKey('importer')
  const scopes = ['records:read', 'records:write']
  const oauth = await createAuthorizationServer(place, { issuer: LOGIN, audience: ISSUER, scopes })
  const issuer: IssuerOptions = {
    ...oauth.trusted,
    // Each user is a customer with a plan of its own.
    identify: ({ sub }) =>
      typeof sub === 'string' ? { ownerId: `user:${sub}`, plan: 'plus' } : undefined,
  }
  // What customers pay for, as a billing system would say it.
  const plans = new Map<string, string>()
  const planOf = (ownerId: string) => plans.get(ownerId) ?? 'premium'
  const access = createHealthsyncAccess(planOf, place.access)
  const gate = createHealthsyncGate(place, {
    ...{ serviceAccounts: [importerAccount(importerKey)], issuers: [issuer], access },
  })
  await endFormerDemo(gate.keys)
  const admitted = new Map<string, Awaited<ReturnType<typeof admitPartner>>>()
  for (const name of DEMO_OWNERS) {
    admitted.set(name, await admitPartner(access, `org_${name}`, ['live', 'sandbox']))
  }
  const seeded = await seed(gate)
  // They have gone down since: keys that exist go on, and there are no new ones.
  for (const plan of ['plus', 'free']) {
    plans.set(`org_${plan}`, plan)
    await admitted.get(plan)?.end()
  }
  const { accessToken: serviceToken } = await gate.tokens.grant({
    assertion: await signAssertion(importerKey),
  })
  const portal = openHealthsyncPortal(gate, access, place.console)
  return {
    credentials: {
      ...seeded,
      oauthToken: await oauth.token('user_42', 'records:read'),
      oauthClient: oauth.clientSecret,
      // Of the user `demo`.
      password: oauth.password,
      serviceToken,
    },
    hosts: HOSTS,
    portal,
    express: () => createExpressApp(gate, portal, oauth),
    koa: () => createKoaApp(gate, portal, oauth).callback(),
    tries: [
      '-H "Authorization: Bearer {premium}" URL/v1/records',
      '-H "Host: api-sandbox.healthsync.com" -H "Authorization: Bearer {sandbox}" URL/v1/records',
      '-H "Authorization: Bearer {free}" URL/v1/records',
      '-H "Authorization: Bearer {oneRecord}" URL/v1/records/rec_1',
      '-H "Authorization: Bearer {oauthToken}" URL/v1/records',
      '-H "Authorization: Bearer {serviceToken}" URL/v1/records',
      '-H "Authorization: Bearer {premium}" -d scope=records:read URL/v1/auth/token',
      `-H "Authorization: Bearer {developer}" -H "Content-Type: application/json" -d '{"name":"CI","environment":"sandbox","scopes":["records:read"]}' URL/v1/keys`,
    ],
    close: () => gate.close(),
  }
}

async function seed({ keys }: HealthsyncGate) {
  const create: typeof keys.create = (input) => keys.create(input)
  const demo = { environment: 'live', metadata: DEMO, scopes: ['records:read'] } as const
  const premium = { ...demo, plan: 'premium', ownerId: 'org_premium' } as const
  return secretsOf({
    plus: await create({ ...demo, name: 'Plus', plan: 'plus', ownerId: 'org_plus' }),
    premium: await create({
      ...premium,
      name: 'Premium',
      scopes: ['records:read', 'records:write'],
    }),
    premiumTwin: await create({ ...premium, name: 'Premium, too' }),
    enterprise: await create({
      ...demo,
      name: 'Enterprise',
      plan: 'enterprise',
      limit: 5_000,
      ownerId: 'org_enterprise',
      scopes: ['records:read', 'records:write', 'records:delete'],
    }),
    free: await create({ ...demo, name: 'Free', plan: 'free', ownerId: 'org_free' }),
    oneRecord: await create({
      ...premium,
      name: 'One record',
      ownerId: 'org_single',
      resources: ['records/rec_1'],
    }),
    sandbox: await create({ ...premium, name: 'Sandbox', environment: 'sandbox' }),
    developer: await create({
      ...premium,
      name: 'Developer',
      ownerId: 'org_developer',
      scopes: ['keys:manage', 'records:read', 'records:write'],
    }),
  })
}
