import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KeyStore, LimitStore } from 'sallyport'
import { DEMO, endFormerDemo } from '../store.js'
import type { System } from '../system.js'
import { createExpressApp } from './express.js'
import { createHealthsyncGates, type HealthsyncGate } from './gate.js'
import { createImporter } from './importer.js'
import { createKoaApp } from './koa.js'
import { createLogin } from './login.js'

/**
 * HealthSync: bearer keys, four plans with hourly limits that an organization shares, one of them without access; sandbox keys; keys for single records;
 * tokens of users and of a service account.
 */
export async function openHealthsync(store: KeyStore, limitStore: LimitStore): Promise<System> {
  const importer = createImporter()
  const login = createLogin()
  const { live, sandbox } = createHealthsyncGates(
    ...([store, limitStore, [importer.account], [login.issuer]] as const),
  )
  await endFormerDemo(live.keys)
  const demo = { metadata: DEMO, scopes: ['records:read'] } as const
  const premium = { ...demo, plan: 'premium', ownerId: 'org_premium' } as const
  const issued = {
    plus: await live.keys.create({ ...demo, name: 'Plus', plan: 'plus', ownerId: 'org_plus' }),
    premium: await live.keys.create({
      ...premium,
      name: 'Premium',
      scopes: ['records:read', 'records:write'],
    }),
    premiumTwin: await live.keys.create({ ...premium, name: 'Premium, too' }),
    enterprise: await live.keys.create({
      ...demo,
      name: 'Enterprise',
      plan: 'enterprise',
      limit: 5_000,
      ownerId: 'org_enterprise',
      scopes: ['records:read', 'records:write', 'records:delete'],
    }),
    free: await live.keys.create({ ...demo, name: 'Free', plan: 'free', ownerId: 'org_free' }),
    oneRecord: await live.keys.create({
      ...demo,
      name: 'One record',
      plan: 'premium',
      ownerId: 'org_single',
      resources: ['records/rec_1'],
    }),
    sandbox: await sandbox.keys.create({ ...premium, name: 'Sandbox' }),
  }
  const secrets = Object.entries(issued).map(([name, { secret }]) => [name, secret])
  return {
    credentials: {
      ...(Object.fromEntries(secrets) as Record<string, string>),
      oauthToken: await login.token('user_42', 'records:read'),
      serviceToken: await getToken(live, await importer.assertion()),
    },
    express: () => createExpressApp(live),
    koa: () => createKoaApp(live).callback(),
    tries: [
      '-H "Authorization: Bearer {premium}" URL/v1/records',
      '-H "Authorization: Bearer {premiumTwin}" URL/v1/records',
      '-H "Authorization: Bearer {free}" URL/v1/records',
      '-H "Authorization: Bearer {oneRecord}" URL/v1/records/rec_1',
      '-H "Authorization: Bearer {sandbox}" URL/v1/records',
      '-H "Authorization: Bearer {oauthToken}" URL/v1/records',
      '-H "Authorization: Bearer {serviceToken}" URL/v1/records',
      '-H "Authorization: Bearer {premium}" -d scope=records:read URL/v1/auth/token',
    ],
    close: async () => {
      await Promise.all([live.close(), sandbox.close()])
    },
  }
}

/** As the program of the service account does it: an assertion for a token. */
async function getToken(gate: HealthsyncGate, assertion: string): Promise<string> {
  const server = createServer(createExpressApp(gate))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion,
  })
  const answer = await fetch(`http://127.0.0.1:${String(port)}/v1/auth/token`, {
    method: 'POST',
    headers: { 'x-forwarded-proto': 'https' },
    body,
  })
  const { access_token: token } = (await answer.json()) as { access_token?: string }
  server.close()
  server.closeAllConnections()
  if (token === undefined) throw new Error('There is no token for the service account.')
  return token
}
