import {
  createGate,
  type AppCaller,
  type Auth,
  type CredentialAuth,
  type Decision,
  type GateRequest,
  type MaybePromise,
} from 'sallyport'
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

type Scope = 'read:orders' | 'write:orders'

export async function checks(request: GateRequest) {
  exactly<MaybePromise<Decision<Scope>>>()(gate.check(request), true)
  exactly<MaybePromise<Decision<Scope>>>()(gate.check(request, { scopes: ['read:orders'] }), true)
  const open = gate.check(request, { optional: true })
  exactly<MaybePromise<Decision<Scope, Auth<Scope> | undefined>>>()(open, true)
  const decision = await open
  // @ts-expect-error there may be nobody
  if (decision.allowed) decision.auth satisfies Auth
  await gate.check(request, { otherwise: () => ({ ownerId: 'org_1', scopes: ['read:orders'] }) })
  // @ts-expect-error a scope that is not in the catalogue
  await gate.check(request, { otherwise: () => ({ ownerId: 'org_1', scopes: ['read:order'] }) })
  // @ts-expect-error what asks for a caller, beside what asks for none
  await gate.check(request, { optional: true, scopes: ['read:orders'] })
  const checked = gate.requirement({ optional: true })
  exactly<MaybePromise<Decision<Scope, Auth<Scope> | undefined>>>()(
    gate.check(request, checked),
    true,
  )
  const caller = decision.allowed ? decision.auth : undefined
  if (caller?.kind === 'app') return caller.subject satisfies string | undefined
  return caller?.keyId satisfies string | undefined
}

export async function session(id: string): Promise<AppCaller<Scope>> {
  return Promise.resolve({ ownerId: id, scopes: ['read:orders'], plan: 'free' })
}

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
  exactly<MaybePromise<Decision<Scope, CredentialAuth<Scope>>>>()(decided, true)
  const decision = await decided
  const auth = decision.allowed ? decision.auth : undefined
  // A denial has no auth, and a grant no reason.
  if (!decision.allowed) return decision.reason
  return auth satisfies Auth<Scope> | undefined
}
