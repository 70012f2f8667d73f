import { DEMO, endFormerDemo } from '../demo.js'
import { admitPartner, askForAccess, recordSigned } from '../partners.js'
import type { Place } from '../place.js'
import { secretsOf, type System } from '../system.js'
import { CLINIC } from './data.js'
import { createExpressApp } from './express.js'
import { BAA, createNovamedGate, createNovamedPartners, HOSTS } from './gate.js'
import { createKoaApp } from './koa.js'
import { openNovamedPortal } from './portal.js'

const BOTH = ['production', 'development'] as const
const PATIENT = `{"clinic_id":"${CLINIC}","first_name":"John","last_name":"Smith","email":"john@example.com","date_of_birth":"1985-03-15"}`
const JSON_HEADERS = '-H "Content-Type: application/json" -H "Accept: application/json"'

/** NovaMed: keys in X-API-Key, clinics named in the body, partners that must be approved, patients only after a signed agreement. */
export async function openNovamed(place: Place): Promise<System> {
  const access = createNovamedPartners(place.access)
  const novamed = createNovamedGate(place, access)
  const { keys } = novamed.gate
  await endFormerDemo(keys)
  await admitPartner(access, 'partner_a', BOTH)
  await recordSigned(access, 'partner_a', BAA.id, BAA.version)
  await admitPartner(access, 'partner_without_baa', BOTH)
  const pending = await admitPartner(access, 'partner_pending', BOTH)
  await askForAccess(
    access,
    'partner_waiting',
    ['development'],
    'Books appointments for patients of two clinics.',
  )

  const demo = { ownerId: 'partner_a', tenantIds: [CLINIC], metadata: DEMO } as const
  const production = { ...demo, environment: 'production' } as const
  const development = { ...demo, environment: 'development' } as const
  const unapproved = { name: 'Not approved', ownerId: 'partner_pending' } as const
  const issued = {
    clinicA: await keys.create({ ...production, name: 'Clinic A', scopes: ['usage:read'] }),
    development: await keys.create({ ...development, name: 'Development' }),
    pending: await keys.create({ ...production, ...unapproved }),
    pendingDevelopment: await keys.create({ ...development, ...unapproved }),
    noBaa: await keys.create({
      ...production,
      name: 'Without a BAA',
      ownerId: 'partner_without_baa',
    }),
    revoked: await keys.create({ ...production, name: 'Revoked' }),
  }
  await keys.revoke(issued.revoked.id, { reason: 'to show a revoked key' })
  await pending.suspend()
  const portal = openNovamedPortal(novamed, access, place.console)
  return {
    credentials: secretsOf(issued),
    hosts: HOSTS,
    portal,
    express: () => createExpressApp(novamed, portal),
    koa: () => createKoaApp(novamed, portal).callback(),
    tries: [
      `-H "X-API-Key: {clinicA}" ${JSON_HEADERS} URL/api/external/practitioner`,
      `-H "X-API-Key: {clinicA}" ${JSON_HEADERS} -d '${PATIENT}' URL/api/external/patient`,
      `-H "Host: novamed-feapidev.stackmod.info" -H "X-API-Key: {development}" ${JSON_HEADERS} URL/api/external/practitioner`,
      `-H "X-API-Key: {pending}" ${JSON_HEADERS} URL/api/external/practitioner`,
    ],
    close: () => novamed.gate.close(),
  }
}
