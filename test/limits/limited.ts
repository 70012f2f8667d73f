import {
  createGate,
  type CreateKeyInput,
  type Decision,
  type GateOptions,
  type GateRequest,
} from 'sallyport'
import { failuresInto } from '../failures.js'

export const NOON = Date.UTC(2030, 0, 31, 12)

/** A request with a key. */
export function requestWith(secret: string, more: Partial<GateRequest> = {}): GateRequest {
  return {
    method: 'GET',
    url: '/orders',
    rawHeaders: ['Authorization', `Bearer ${secret}`],
    peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
    ...more,
  }
}

/** A gate with plans whose clock stands at noon until it is set, and all that it told of failures. */
export function openGate(options: Partial<GateOptions> = {}) {
  const time = { now: NOON }
  const told: unknown[] = []
  const gate = createGate<string>({
    environment: 'live',
    keys: { prefix: 'acme' },
    scopes: ['read:orders', 'manage:keys'],
    plans: {
      free: { access: false },
      plus: { quota: { limit: 3, window: '1h' } },
      pro: { quota: { limit: 100, window: '1h' }, burst: { limit: 10, window: '1s' } },
      steady: { burst: { limit: 2, window: '10s' } },
      both: {
        quota: [
          { limit: 3, window: '1m' },
          { limit: 5, window: '1d' },
        ],
      },
      enterprise: { quota: 'unlimited' },
    },
    clock: () => time.now,
    onError: failuresInto(told),
    ...options,
  })
  const issue = (fields: Partial<CreateKeyInput> = {}) =>
    gate.keys.create({ name: 'CI', ownerId: 'org_1', plan: 'plus', ...fields })
  return { gate, time, told, issue }
}

type Gate = ReturnType<typeof openGate>['gate']

/** What was decided, in a word. */
export function verdictOf(decision: Decision): string {
  return decision.allowed ? 'allowed' : decision.reason
}

/** What is decided of so many requests, one after the other. */
export async function ask(gate: Gate, secret: string, times = 1, cost = 1): Promise<string[]> {
  const verdicts: string[] = []
  for (let count = 0; count < times; count++) {
    verdicts.push(verdictOf(await gate.check(requestWith(secret), { cost })))
  }
  return verdicts
}

export function repeated(verdict: string, times: number): string[] {
  return Array<string>(times).fill(verdict)
}
