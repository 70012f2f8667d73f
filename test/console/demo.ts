import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { createGate, createMemoryKeyStore, type Gate } from 'sallyport'
import { createConsole, type ConsoleOptions, type ConsoleUser } from 'sallyport/console'
import { mountConsole } from 'sallyport/express'
import { createTestClock } from 'sallyport/testing'

export type DemoScope = 'read:orders' | 'write:orders' | 'read:invoices' | 'manage:webhooks'

const SCOPES = {
  'read:orders': { level: 'reader', title: 'Read orders', description: 'Orders and their lines.' },
  'read:invoices': { level: 'reader', title: 'Read invoices' },
  'write:orders': { level: 'editor', title: 'Create and change orders' },
  'manage:webhooks': { level: 'editor', title: 'Manage webhooks' },
} as const
const LEVELS = [
  { name: 'reader', title: 'Reading' },
  { name: 'editor', title: 'Changing' },
] as const

export const PEOPLE: Readonly<Record<string, ConsoleUser<DemoScope>>> = {
  ann: {
    ...{ id: 'ann@acme.example', name: 'Ann Archer', sessionId: 'session-ann', ownerId: 'acme' },
    ...{ role: 'admin', environments: ['live', 'sandbox'], tenantIds: ['clinic_12', 'clinic_40'] },
    scopes: ['read:orders', 'read:invoices', 'write:orders', 'manage:webhooks'],
  },
  bob: {
    ...{ id: 'bob@acme.example', name: 'Bob Baker', sessionId: 'session-bob', ownerId: 'acme' },
    ...{ role: 'member', environments: ['sandbox'], scopes: ['read:orders'] },
  },
  new: {
    ...{ id: 'nia@newco.example', name: 'Nia New', sessionId: 'session-nia', ownerId: 'newco' },
    ...{ role: 'admin', environments: ['live'], scopes: ['read:orders'] },
  },
}

/** Who a request is from: a cookie that names a person. */
export function personOf(headers: Readonly<Record<string, unknown>>) {
  const [, name = ''] =
    /(?:^|; )person=(\w+)/.exec(typeof headers['cookie'] === 'string' ? headers['cookie'] : '') ??
    []
  return PEOPLE[name]
}

export interface Demo {
  readonly gate: Gate<DemoScope>
  readonly clock: ReturnType<typeof createTestClock>
  readonly options: ConsoleOptions<DemoScope>
}

/** An organization whose programs have been at work for a month. */
export async function createDemo(): Promise<Demo> {
  const clock = createTestClock(new Date('2030-03-20T09:00:00Z'))
  const gate = createGate({
    environment: ['live', 'sandbox'],
    keys: { prefix: 'acme', store: createMemoryKeyStore(), rotateAfter: '90d' },
    ...{ scopes: SCOPES, levels: LEVELS, clock: clock.clock },
    plans: { standard: { quota: { limit: 1_000, window: '1h' } } },
    limits: { defaultPlan: 'standard' },
  })
  const common = { ownerId: 'acme', environment: 'live' } as const
  const old = await gate.keys.create({
    ...common,
    name: 'Legacy importer',
    scopes: ['read:orders'],
  })
  clock.advance('60d')
  const billing = await gate.keys.create({
    ...{
      ...common,
      name: 'Billing server',
      scopes: ['read:invoices', 'read:orders', 'write:orders'],
    },
    ...{ allowedIps: ['198.51.100.0/24'], tenantIds: ['clinic_12'] },
    metadata: {
      description: 'Invoices of every night.',
      stored_in: 'AWS Secrets Manager, prod/billing',
    },
  })
  const web = await gate.keys.create({
    ...common,
    name: 'Web shop',
    kind: 'pk',
    scopes: ['read:orders'],
  })
  const sandbox = await gate.keys.create({
    ...{
      ...common,
      environment: 'sandbox',
      name: 'Integration tests',
      scopes: ['read:orders', 'write:orders'],
    },
    expiresAt: new Date(clock.clock() + 40 * 86_400_000),
  })
  const partner = await gate.keys.create({
    ...common,
    name: 'Partner sync',
    scopes: ['manage:webhooks'],
  })
  const leaked = await gate.keys.create({
    ...common,
    name: 'Notebook of Tom',
    scopes: ['read:orders'],
  })
  await gate.keys.revoke(leaked.id, { reason: 'Found in a public repository' })
  await gate.keys.create({ ...common, name: 'Warehouse scanner', scopes: ['read:orders'] })
  for (let day = 0; day < 30; day++) {
    const weekend = day % 7 > 4
    await use(gate, billing.secret, weekend ? 4 : 14 + ((day * 7) % 9), '198.51.100.7')
    await use(gate, web.secret, weekend ? 25 : 18 + ((day * 5) % 7), '203.0.113.80')
    await use(gate, sandbox.secret, day % 3, '192.0.2.44')
    if (day < 12) await use(gate, old.secret, 3, '192.0.2.9')
    clock.advance('1d')
  }
  await gate.keys.update(partner.id, { disabled: true })
  await gate.keys.rotate(web.id, { gracePeriod: '24h' })
  clock.advance('2h')
  await use(gate, billing.secret, 5, '198.51.100.7')
  clock.advance('10m')
  // What was counted is written.
  await gate.keys.usage(billing.id)
  const options: ConsoleOptions<DemoScope> = {
    user: ({ headers }) => personOf(headers),
    secret: 'a secret of at least thirty-two bytes',
    brand: { title: 'Acme Developer' },
    clock: clock.clock,
  }
  return { gate, clock, options }
}

async function use(gate: Gate<DemoScope>, secret: string, times: number, address: string) {
  for (let time = 0; time < times; time++) await gate.verify(secret, address)
}

export async function serve(
  listener: Parameters<typeof createServer>[1],
): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer(listener as never)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { server, origin: `http://127.0.0.1:${String(port)}` }
}

export function demoApp({ gate, options }: Demo) {
  return express()
    .disable('x-powered-by')
    .use('/portal', mountConsole(createConsole(gate, options)))
}
