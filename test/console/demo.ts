import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import Koa from 'koa'
import mount from 'koa-mount'
import {
  createGate,
  createMemoryKeyStore,
  gateRequestOf,
  type Gate,
  type KeyStore,
} from 'sallyport'
import {
  createAccess,
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type Access,
} from 'sallyport/access'
import {
  createConsole,
  createMemoryReviewStore,
  type ConsoleOptions,
  type ConsoleUser,
} from 'sallyport/console'
import { mountConsole } from 'sallyport/express'
import { mountConsole as mountOnKoa } from 'sallyport/koa'
import { createAuditFiles } from 'sallyport/file'
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
    ...{ role: 'admin', environments: ['live', 'sandbox'] },
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
  kim: {
    ...{ id: 'kim@startup.example', name: 'Kim Startup', sessionId: 'session-kim' },
    ...{ ownerId: 'startup', role: 'admin', environments: ['live', 'sandbox'] },
    scopes: ['read:orders'],
  },
  lee: {
    ...{ id: 'lee@api.example', name: 'Lee Ops', sessionId: 'session-lee', ownerId: 'api' },
    ...{ role: 'staff', environments: ['live', 'sandbox'], scopes: [] },
  },
}

/** Who a request is from: a cookie that names a person, such as `person=ann`; of a later sign-in, `person=ann.2`. */
export function personOf(headers: Readonly<Record<string, unknown>>) {
  const [, name = '', signIn = ''] =
    /(?:^|; )person=(\w+)(\.\d+)?/.exec(
      typeof headers['cookie'] === 'string' ? headers['cookie'] : '',
    ) ?? []
  const person = PEOPLE[name]
  return person && { ...person, sessionId: `${person.sessionId}${signIn}` }
}

export interface Demo {
  readonly gate: Gate<DemoScope>
  readonly clock: ReturnType<typeof createTestClock>
  readonly options: ConsoleOptions<DemoScope>
  /** A request for access that waits for a decision. */
  readonly request: string
  /** Where the audit log is. */
  readonly folder: string
  /** All events that were told. */
  readonly told: readonly unknown[]
  readonly close: () => Promise<void>
}

const ROLES = {
  member: ['keys:view', 'keys:own', 'usage:view', 'access:request'],
  admin: ['keys:view', 'keys:all', 'usage:view', 'audit:view', 'review:sign', 'access:request'],
  staff: ['access:decide'],
} as const

/** Access over the same stores, for one gate after the other. */
function openAccess(clock: () => number): () => Access {
  const stores = { store: createMemoryAccessStore(), agreements: createMemoryAgreementStore() }
  const terms = { 'api-terms': { version: '2030-01', title: 'API terms', text: 'Be kind.' } }
  return () => createAccess({ ...stores, clock, terms })
}

async function ask(
  access: Access,
  ownerId: string,
  environments: readonly string[],
  useCase: string,
): Promise<string> {
  const { terms } = await access.of(ownerId, environments)
  const accept = terms.map(({ id, version, digest }) => ({ id, version, digest }))
  const by = { id: `developer@${ownerId}.example`, ownerId }
  const { id } = await access.request({ ownerId, by, useCase, environments, accept })
  return id
}

/** Two organizations that are approved. */
async function approveOwners(access: Access): Promise<void> {
  const by = { id: 'lee@api.example', name: 'Lee Ops', ownerId: 'api' }
  for (const owner of ['acme', 'newco']) {
    const id = await ask(access, owner, ['live', 'sandbox'], 'Invoices of every night')
    await access.approve(id, { by })
  }
}

/** What signs the audit log. */
function keyPem(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
}

function openGate(
  access: Access,
  clock: () => number,
  {
    store,
    key,
    folder,
    told,
  }: {
    readonly store: KeyStore
    readonly key: string
    readonly folder: string
    readonly told: unknown[]
  },
) {
  return createGate({
    ...{ access, audit: { sink: createAuditFiles(folder, { clock }), key } },
    environment: ['live', 'sandbox'],
    keys: { prefix: 'acme', store, rotateAfter: '90d' },
    ...{ scopes: SCOPES, levels: LEVELS, clock },
    ...{ notify: (event) => void told.push(event), reminders: {} },
    plans: { standard: { quota: { limit: 1_000, window: '1h' } } },
    limits: { defaultPlan: 'standard' },
  })
}

/** An organization whose programs have been at work for a month. */
export async function createDemo(): Promise<Demo> {
  const clock = createTestClock(new Date('2030-03-20T09:00:00Z'))
  const folder = mkdtempSync(join(tmpdir(), 'console-demo-'))
  const openedAccess = openAccess(clock.clock)
  const first = openedAccess()
  const told: unknown[] = []
  const kept = { store: createMemoryKeyStore(), key: keyPem(), folder, told }
  const gate = openGate(first, clock.clock, kept)
  await approveOwners(first)
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
    allowedIps: ['198.51.100.0/24'],
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
  await gate.keys.rotate(web.id, { gracePeriod: '7d' })
  clock.advance('2h')
  await use(gate, billing.secret, 5, '198.51.100.7')
  clock.advance('10m')
  const request = await ask(
    first,
    'parcels',
    ['live'],
    'Shows our customers where their parcels are.',
  )
  clock.advance('3d')
  await use(gate, billing.secret, 3, '198.51.100.7')
  await gate.audit.flush()
  // What was counted is written.
  await gate.keys.usage(billing.id)
  // Its end is signed, and with it all that was recorded.
  await gate.close()
  const access = openedAccess()
  const opened = openGate(access, clock.clock, kept)
  const options: ConsoleOptions<DemoScope> = {
    user: ({ headers }) => personOf(headers),
    secret: 'a secret of at least thirty-two bytes',
    brand: { title: 'Acme Developer' },
    ...{ clock: clock.clock, access, roles: ROLES, signOutUrl: '/sign-out' },
    reviews: createMemoryReviewStore(),
  }
  const close = async () => {
    await opened.close()
    rmSync(folder, { recursive: true })
  }
  return { gate: opened, clock, options, request, folder, told, close }
}

const PLACES = ['orders', 'orders/ord_7', 'invoices']

async function use(gate: Gate<DemoScope>, secret: string, times: number, address: string) {
  for (let time = 0; time < times; time++) {
    const url = `/v1/${PLACES[time % PLACES.length] ?? ''}`
    const headers = { authorization: `Bearer ${secret}` }
    const socket = { remoteAddress: address, encrypted: true }
    const request = gateRequestOf({ method: 'GET', url, headers, socket })
    const decision = await gate.check(request)
    if (decision.allowed) decision.end()
  }
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

export function koaDemoApp({ gate, options }: Demo) {
  const portal = mountOnKoa(createConsole(gate, options))
  return new Koa().use(mount('/portal', portal as never)).callback()
}
