import type { KeyStore } from 'sallyport'
import { DEMO, endFormerDemo } from '../store.js'
import type { System } from '../system.js'
import { createExpressApp } from './express.js'
import { createNimbusGates } from './gate.js'
import { createKoaApp } from './koa.js'

/** Nimbus: keys in X-API-Key, a sandbox beside production, a portal in which partners manage their keys. */
export async function openNimbus(store: KeyStore): Promise<System> {
  const { sandbox, production } = createNimbusGates(store)
  await endFormerDemo(sandbox.keys)
  const demo = { ownerId: 'partner_1', metadata: DEMO } as const
  const issued = {
    sandbox: await sandbox.keys.create({ ...demo, name: 'Sandbox', scopes: ['orders:read'] }),
    reader: await sandbox.keys.create({ ...demo, name: 'Catalog', scopes: ['catalog:read'] }),
    production: await production.keys.create({ ...demo, name: 'Live', scopes: ['orders:read'] }),
    admin: await sandbox.keys.create({
      ...demo,
      name: 'Portal',
      scopes: ['keys:manage', 'orders:read'],
    }),
  }
  const secrets = Object.entries(issued).map(([name, { secret }]) => [name, secret])
  return {
    credentials: Object.fromEntries(secrets) as Record<string, string>,
    express: () => createExpressApp(sandbox),
    koa: () => createKoaApp(sandbox).callback(),
    tries: [
      '-H "X-API-Key: {sandbox}" URL/orders',
      '-H "X-API-Key: {production}" URL/orders',
      `-H "X-API-Key: {admin}" -H "Content-Type: application/json" -d '{"name":"CI","scopes":["orders:read"]}' URL/developer/keys`,
    ],
    close: async () => {
      await Promise.all([sandbox.close(), production.close()])
    },
  }
}
