import type { Gate, GateOptions } from 'sallyport'
import { createTestGate, type TestGate } from 'sallyport/testing'
import { exactly } from '../equals.js'

type Scope = 'read:orders' | 'write:orders'

const OPTIONS = {
  environment: 'live',
  keys: { prefix: 'acme' },
  scopes: ['read:orders', 'write:orders'],
} as const satisfies GateOptions

const gate = createTestGate(OPTIONS)
exactly<TestGate<Scope>>()(gate, true)
exactly<TestGate<Scope>>()(createTestGate({ scopes: ['read:orders', 'write:orders'] }), true)

declare function makeApp(gate: Gate<Scope>): void
makeApp(gate)
// @ts-expect-error a gate with other scopes
makeApp(createTestGate({ scopes: ['read:orders'] }))

exactly<Promise<string>>()(gate.keyFor(), true)
exactly<Promise<string>>()(gate.keyFor('read:orders', 'write:orders'), true)
exactly<Promise<string>>()(gate.keyFor({ tenantIds: ['clinic_1'], plan: 'pro' }), true)
// @ts-expect-error a scope that is not in the catalogue
void gate.keyFor('read:order')
// @ts-expect-error a scope that is not in the catalogue
void gate.keyFor({ scopes: ['read:order'] })
// @ts-expect-error a property that no key has
void gate.keyFor({ scope: ['read:orders'] })

exactly<Readonly<Record<string, string>>>()(gate.signInAs({ scopes: ['read:orders'] }), true)
gate.signInAs({ kind: 'token', subject: 'user_1', claims: { role: 'nurse' } })
gate.signInAs({ kind: 'app', subject: 'user_1' })
// @ts-expect-error a caller of the app has no key
gate.signInAs({ kind: 'app', keyId: 'key_1' })
// @ts-expect-error a scope that is not in the catalogue
gate.signInAs({ scopes: ['read:order'] })
// @ts-expect-error a property that no caller has
gate.signInAs({ scope: ['read:orders'] })
// @ts-expect-error a key has no claims
gate.signInAs({ kind: 'key', claims: {} })

gate.rejectNext('quota_exceeded', { retryAfter: 30 })
// @ts-expect-error a reason that is not there
gate.rejectNext('quota_exceded')
