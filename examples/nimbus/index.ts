import { DEMO, endFormerDemo } from '../demo.js'
import { admitPartner, askForAccess } from '../partners.js'
import type { Place } from '../place.js'
import { secretsOf, type System } from '../system.js'
import { createExpressApp } from './express.js'
import { createNimbusGate, createNimbusPartners, HOSTS } from './gate.js'
import { createKoaApp } from './koa.js'
import { openNimbusPortal } from './portal.js'

/** Nimbus: keys in X-API-Key, a sandbox beside production, approved partners, a portal in which they manage their keys. */
export async function openNimbus(place: Place): Promise<System> {
  const access = createNimbusPartners(place.access)
  const gate = createNimbusGate(place, access)
  await endFormerDemo(gate.keys)
  await admitPartner(access, 'partner_1', ['production', 'sandbox'])
  const newcomer = await admitPartner(access, 'partner_new', ['sandbox'])
  await askForAccess(
    access,
    'partner_waiting',
    ['sandbox'],
    'Shows our customers the orders of their warehouse.',
  )

  const sandbox = { ownerId: 'partner_1', environment: 'sandbox', metadata: DEMO } as const
  const production = { ...sandbox, environment: 'production' } as const
  const scopes = ['orders:read'] as const
  const managing = ['keys:manage', 'orders:read'] as const
  const create: typeof gate.keys.create = (input) => gate.keys.create(input)
  const issued = {
    sandbox: await create({ ...sandbox, name: 'Sandbox', scopes }),
    reader: await create({ ...sandbox, name: 'Catalog', scopes: ['catalog:read'] }),
    production: await create({ ...production, name: 'Live', scopes }),
    admin: await create({ ...sandbox, name: 'Sandbox portal', scopes: managing }),
    portal: await create({ ...production, name: 'Portal', scopes: managing }),
    notApproved: await create({ ...sandbox, name: 'Newcomer', ownerId: 'partner_new', scopes }),
  }
  await newcomer.suspend()
  const portal = openNimbusPortal(gate, access, place.console)
  return {
    credentials: secretsOf(issued),
    hosts: HOSTS,
    portal,
    express: () => createExpressApp(gate, portal),
    koa: () => createKoaApp(gate, portal).callback(),
    tries: [
      '-H "X-API-Key: {sandbox}" URL/orders',
      '-H "Host: api.nimbus-os.com" -H "X-API-Key: {production}" URL/orders',
      '-H "X-API-Key: {notApproved}" URL/orders',
      `-H "Host: api.nimbus-os.com" -H "X-API-Key: {portal}" -H "Content-Type: application/json" -d '{"name":"CI","environment":"sandbox","scopes":["orders:read"]}' URL/developer/keys`,
    ],
    close: () => gate.close(),
  }
}
