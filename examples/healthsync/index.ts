import type { KeyStore, LimitStore } from 'sallyport'
import { DEMO, endFormerDemo } from '../store.js'
import type { System } from '../system.js'
import { createExpressApp } from './express.js'
import { createHealthsyncGates } from './gate.js'
import { createKoaApp } from './koa.js'

/** HealthSync: bearer keys, four plans with hourly limits that an organization shares, one of them without access; sandbox keys; keys for single records. */
export async function openHealthsync(store: KeyStore, limitStore: LimitStore): Promise<System> {
  const { live, sandbox } = createHealthsyncGates(store, limitStore)
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
    credentials: Object.fromEntries(secrets) as Record<string, string>,
    express: () => createExpressApp(live),
    koa: () => createKoaApp(live).callback(),
    tries: [
      '-H "Authorization: Bearer {premium}" URL/v1/records',
      '-H "Authorization: Bearer {premiumTwin}" URL/v1/records',
      '-H "Authorization: Bearer {free}" URL/v1/records',
      '-H "Authorization: Bearer {oneRecord}" URL/v1/records/rec_1',
      '-H "Authorization: Bearer {sandbox}" URL/v1/records',
    ],
    close: async () => {
      await Promise.all([live.close(), sandbox.close()])
    },
  }
}
