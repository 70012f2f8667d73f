import { createGate, type Auth, type Decision, type MaybePromise } from 'sallyport'
import { exactly } from '../equals.js'

const gate = createGate({
  environment: 'live',
  keys: { prefix: 'acme' },
  scopes: ['read:orders', 'write:orders'],
})
const levelled = createGate({
  environment: ['live', 'test'],
  keys: { prefix: 'acme' },
  scopes: { 'read:orders': 1, 'manage:keys': 2 },
})

export async function cases() {
  const input = { name: 'CI', ownerId: 'org_1' }
  await gate.keys.create({ ...input, scopes: ['read:orders'] })
  // @ts-expect-error a scope that is not in the catalogue
  await gate.keys.create({ ...input, scopes: ['read:order'] })
  await levelled.keys.update('key_1', { scopes: ['manage:keys'] })
  // @ts-expect-error a scope of another gate
  await levelled.keys.update('key_1', { scopes: ['write:orders'] })
  await gate.keys.rotate('key_1', { gracePeriod: '24h' })
  // @ts-expect-error a duration without a unit
  await gate.keys.rotate('key_1', { gracePeriod: 86_400 })
  // @ts-expect-error a duration of a unit that is not there
  await gate.keys.rotate('key_1', { gracePeriod: '2w' })
  // @ts-expect-error one of the two, not both
  await gate.keys.import({ ...input, secret: 'a'.repeat(20), digest: 'b'.repeat(64) })
  // @ts-expect-error an option that is not there
  createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [], trustProxies: [] })

  const decided = gate.verify('secret')
  exactly<MaybePromise<Decision<'read:orders' | 'write:orders'>>>()(decided, true)
  const decision = await decided
  const auth = decision.allowed ? decision.auth : undefined
  // A denial has no auth, and a grant no reason.
  if (!decision.allowed) return decision.reason
  return auth satisfies Auth<'read:orders' | 'write:orders'> | undefined
}
