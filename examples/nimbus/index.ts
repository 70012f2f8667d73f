import { DEMO, endFormerDemo } from '../demo.js'
import { admitPartner, createPartners } from '../partners.js'
import type { Place } from '../place.js'
import { secretsOf, type System } from '../system.js'
import { createExpressApp } from './express.js'
import { createNimbusGate, HOSTS } from './gate.js'
import { createKoaApp } from './koa.js'

/** Nimbus: keys in X-API-Key, a sandbox beside production, approved partners, a portal in which they manage their keys. */
export async function openNimbus({ keys: store, audit }: Place): Promise<System> {
  const access = createPartners()
  const gate = createNimbusGate(store, audit, access)
  await endFormerDemo(gate.keys)
  await admitPartner(access, 'partner_1', ['production', 'sandbox'])
  const newcomer = await admitPartner(access, 'partner_new', ['sandbox'])

  const sandbox = { ownerId: 'partner_1', environment: 'sandbox', metadata: DEMO } as const
  const production = { ...sandbox, environment: 'production' } as const
  const scopes = ['orders:read'] as const
  const portal = ['keys:manage', 'orders:read'] as const
  const create: typeof gate.keys.create = (input) => gate.keys.create(input)
  const issued = {
    sandbox: await create({ ...sandbox, name: 'Sandbox', scopes }),
    reader: await create({ ...sandbox, name: 'Catalog', scopes: ['catalog:read'] }),
    production: await create({ ...production, name: 'Live', scopes }),
    admin: await create({ ...sandbox, name: 'Sandbox portal', scopes: portal }),
    portal: await create({ ...production, name: 'Portal', scopes: portal }),
    notApproved: await create({ ...sandbox, name: 'Newcomer', ownerId: 'partner_new', scopes }),
  }
  await newcomer.suspend()
  return {
    credentials: secretsOf(issued),
    hosts: HOSTS,
    express: () => createExpressApp(gate),
    koa: () => createKoaApp(gate).callback(),
    tries: [
      '-H "X-API-Key: {sandbox}" URL/orders',
      '-H "X-Forwarded-Host: api.nimbus-os.com" -H "X-API-Key: {production}" URL/orders',
      '-H "X-API-Key: {notApproved}" URL/orders',
      `-H "X-Forwarded-Host: api.nimbus-os.com" -H "X-API-Key: {portal}" -H "Content-Type: application/json" -d '{"name":"CI","environment":"sandbox","scopes":["orders:read"]}' URL/developer/keys`,
    ],
    close: () => gate.close(),
  }
}
