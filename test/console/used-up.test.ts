import { expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { openConsole, SCOPES, type Scope } from './harness.js'

test.each([
  ['revoke', { reason: 'leaked' }],
  ['pause', { reason: 'leaked' }],
  ['rotate', { grace: '0s' }],
])(
  'where the plan of an owner is used up, its people %s a key on the console',
  async (verb, fields) => {
    const gate = createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES },
      plans: { tiny: { quota: { limit: 1, window: '30d' } } },
      limits: { defaultPlan: 'tiny' },
    })
    const { submit, send } = openConsole({ clock: Date.now }, gate)
    const key = await gate.keys.create({ name: 'CI', ownerId: 'org_1', environment: 'live' })
    expect(await gate.verify(key.secret)).toMatchObject({ allowed: true })
    expect(await gate.verify(key.secret)).toMatchObject({ reason: 'quota_exceeded' })
    expect((await send('/keys')).status).toBe(200)
    const { status } = await submit(`/keys/${key.id}/${verb}`, fields)
    expect([201, 303]).toContain(status)
    expect(await gate.verify(key.secret)).toMatchObject({
      allowed: false,
      code: 'invalid_credentials',
    })
  },
)

test('a key shows the plan that is in force', async () => {
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES },
    plans: {
      free: { quota: { limit: 1, window: '1h' } },
      pro: { quota: { limit: 9, window: '1h' } },
    },
    limits: { defaultPlan: 'free', override: () => ({ plan: 'pro' }) },
  })
  const { send } = openConsole({ clock: Date.now }, gate)
  const key = { name: 'CI', ownerId: 'org_1', environment: 'live', plan: 'free' } as const
  const { id } = await gate.keys.create(key)
  const { text } = await send(`/keys/${id}`)
  expect(text).toMatch(/<dt[^>]*>Plan<\/dt>\s*<dd[^>]*>pro/)
})
