import type { AuditSink, KeyStore, LimitStore } from 'sallyport'
import { DEMO, endFormerDemo } from '../store.js'
import type { System } from '../system.js'
import { CLINIC } from './data.js'
import { createExpressApp } from './express.js'
import { createNovamedGates } from './gate.js'
import { createKoaApp } from './koa.js'

/** NovaMed: keys in X-API-Key, clinics named in the body, partners that must be approved, patients only after a signed agreement. */
export async function openNovamed(
  store: KeyStore,
  _limitStore: LimitStore,
  audit?: AuditSink,
): Promise<System> {
  const { production, development } = createNovamedGates(store, audit)
  await endFormerDemo(production.keys)
  const demo = { ownerId: 'partner_a', tenantIds: [CLINIC], metadata: DEMO } as const
  const issued = {
    clinicA: await production.keys.create({ ...demo, name: 'Clinic A' }),
    development: await development.keys.create({ ...demo, name: 'Development' }),
    pending: await production.keys.create({
      ...demo,
      name: 'Not approved',
      ownerId: 'partner_pending',
    }),
    noBaa: await production.keys.create({
      ...demo,
      name: 'Without a BAA',
      ownerId: 'partner_without_baa',
    }),
    revoked: await production.keys.create({ ...demo, name: 'Revoked' }),
  }
  await production.keys.revoke(issued.revoked.id, { reason: 'to show a revoked key' })
  const secrets = Object.entries(issued).map(([name, { secret }]) => [name, secret])
  return {
    credentials: Object.fromEntries(secrets) as Record<string, string>,
    express: () => createExpressApp(production),
    koa: () => createKoaApp(production).callback(),
    tries: [
      '-H "X-API-Key: {clinicA}" URL/api/external/practitioner',
      `-H "X-API-Key: {clinicA}" -H "Content-Type: application/json" -d '{"clinic_id":"${CLINIC}"}' URL/api/external/patient`,
      `-H "X-API-Key: {clinicA}" -H "Content-Type: application/json" -d '{"clinic_id":"another"}' URL/api/external/patient`,
      '-H "X-API-Key: {pending}" URL/api/external/practitioner',
    ],
    close: async () => {
      await Promise.all([production.close(), development.close()])
    },
  }
}
