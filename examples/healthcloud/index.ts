import { DEMO, endFormerDemo, unlessIssued } from '../demo.js'
import type { Place } from '../place.js'
import { secretsOf, type System } from '../system.js'
import { createExpressApp } from './express.js'
import { createHealthcloudGate, type HealthcloudGate } from './gate.js'
import { createKoaApp } from './koa.js'
import { openHealthcloudPortal } from './portal.js'

/** HealthCloud: bearer keys for live and test data, scopes in three levels, address lists, rotation. */
export async function openHealthcloud(place: Place): Promise<System> {
  const gate = createHealthcloudGate(place)
  const portal = openHealthcloudPortal(gate, place.console)
  return {
    credentials: await seed(gate),
    hosts: { 'api.healthcloud.ai': 'live' },
    portal,
    express: () => createExpressApp(gate, portal),
    koa: () => createKoaApp(gate, portal).callback(),
    tries: [
      '-H "Authorization: Bearer {live}" URL/v1/patients/pat_1',
      '-H "Authorization: Bearer {readonly}" URL/v1/patients/pat_1',
      `-H "Authorization: Bearer {admin}" -H "Content-Type: application/json" -d '{"name":"CI","scopes":["read:patients"]}' URL/v1/keys`,
    ],
    close: () => gate.close(),
  }
}

async function seed({ keys }: HealthcloudGate) {
  await endFormerDemo(keys)
  const live = {
    environment: 'live',
    ownerId: 'org_mercy',
    scopes: ['read:patients'],
    metadata: DEMO,
  } as const
  const issued = {
    live: await keys.create({
      ...live,
      name: 'Production server',
      scopes: ['read:patients', 'write:patients', 'exec:agents'],
    }),
    test: await keys.create({ ...live, name: 'Sandbox', environment: 'test' }),
    readonly: await keys.create({ ...live, name: 'Observations', scopes: ['read:observations'] }),
    admin: await keys.create({ ...live, name: 'Console', scopes: ['admin:org', 'read:patients'] }),
    expired: await keys.create({ ...live, name: 'Last year' }),
    revoked: await keys.create({ ...live, name: 'Leaked' }),
    elsewhere: await keys.create({ ...live, name: 'Clinic', allowedIps: ['203.0.113.0/24'] }),
  }
  await keys.update(issued.expired.id, { expiresAt: new Date() })
  await keys.revoke(issued.revoked.id)
  const documented = 'hc_live_sk_AbC12xYz9kLmNpQr'
  await unlessIssued(
    keys.import({
      ...live,
      name: 'From the documentation',
      ownerId: 'org_docs',
      scopes: ['read:patients', 'exec:agents'],
      metadata: {},
      secret: documented,
    }),
  )
  return { ...secretsOf(issued), documented }
}
