import { createGate, createMemoryKeyStore, gateRequestOf, type Answer, type Gate } from 'sallyport'
import { createConsole, type ConsoleOptions, type ConsoleUser } from 'sallyport/console'
import { createTestClock } from 'sallyport/testing'

export const SCOPES = { 'read:orders': 1, 'write:orders': 2, 'manage:keys': 9 } as const
export type Scope = keyof typeof SCOPES

export const ANN: ConsoleUser<Scope> = {
  ...{ id: 'ann', name: 'Ann Archer', sessionId: 'session-1', ownerId: 'org_1', role: 'admin' },
  ...{ environments: ['live', 'test'], scopes: ['read:orders', 'write:orders'] },
}

/** What each answer of a console has, whatever it says. */
export const SAFE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'clipboard-write=(self)',
}

/** A request of a browser, as it is sent on a page of the same origin. */
export interface Sent {
  readonly method?: string
  readonly as?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** Pairs, so that a field can be sent twice. */
  readonly form?: readonly (readonly [string, string])[] | string
  /** What a body parser has made of it. */
  readonly parsed?: unknown
  /** Where the console is mounted. */
  readonly mount?: string
}

export type Filled = Readonly<Record<string, string | readonly string[]>>

export interface Seen extends Answer {
  readonly text: string
}

export type Overrides = Partial<ConsoleOptions<Scope, { headers: Record<string, unknown> }>>

/** A gate with a console over it, without a framework. People are found by the header `x-person`. */
export function openConsole(overrides: Overrides = {}, own?: Gate<Scope>) {
  const clock = createTestClock(new Date('2030-06-15T12:00:00Z'))
  const store = createMemoryKeyStore()
  const gate =
    own ??
    createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store }, scopes: SCOPES },
      clock: clock.clock,
    })
  const people = new Map<string, ConsoleUser<Scope>>([
    ['ann', ANN],
    ['bob', { ...ANN, id: 'bob', name: 'Bob', sessionId: 'session-2', role: 'member' }],
    ['eve', { ...ANN, id: 'eve', sessionId: 'session-3', ownerId: 'org_2' }],
    ['viewer', { ...ANN, id: 'viewer', sessionId: 'session-4', role: 'viewer' }],
    ['nobody', { ...ANN, id: 'nobody', sessionId: 'session-5', role: 'unheard-of' }],
  ])
  const errors: unknown[] = []
  const portal = createConsole<Scope, { headers: Record<string, unknown> }>(gate, {
    user: ({ headers }) => people.get(String(headers['x-person'])),
    roles: {
      admin: ['keys:view', 'keys:all', 'usage:view', 'audit:view', 'review:sign'],
      member: ['keys:view', 'keys:own', 'usage:view'],
      viewer: ['keys:view'],
    },
    secret: 'a secret of at least thirty-two bytes',
    clock: clock.clock,
    onError: (error) => void errors.push(error),
    ...overrides,
  })

  /** @param stream the body, if it comes in pieces */
  function callOf(path: string, sent: Sent, stream?: AsyncIterable<Uint8Array>) {
    const { method = 'GET', as = 'ann', headers = {}, form, mount = '', parsed } = sent
    const url = `${mount}${path}`
    const body = typeof form === 'string' ? form : form && new URLSearchParams(asPairs(form))
    const all: Record<string, string> = {
      ...{ host: 'app.example', 'sec-fetch-site': 'same-origin' },
      ...(as && { 'x-person': as }),
      ...((body !== undefined || parsed !== undefined) && {
        'content-type': 'application/x-www-form-urlencoded',
      }),
      ...headers,
    }
    for (const [name, value] of Object.entries(headers))
      if (value === '') Reflect.deleteProperty(all, name)
    const request = gateRequestOf(
      {
        ...{ method, url, headers: all, rawHeaders: Object.entries(all).flat() },
        socket: { remoteAddress: '203.0.113.7', encrypted: true },
      },
      url,
    )
    return { request, target: path, parsed, stream: stream ?? streamOf(String(body ?? '')) }
  }

  async function send(path: string, sent: Sent = {}): Promise<Seen> {
    const answer = await portal(callOf(path, sent))
    return { ...answer, text: answer.body ?? '' }
  }

  /** Sends a form of a page that was opened before. */
  function post(path: string, page: string, fields: Filled = {}, sent: Sent = {}) {
    const pairs = Object.entries(fields).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, one]),
    )
    const seen = seenIn(page)
    const isSeen = seen !== undefined && fields['seen'] === undefined
    const form = [
      ['form_token', tokenIn(page)] as const,
      ...(isSeen ? [['seen', seen] as const] : []),
      ...pairs,
    ]
    return send(path, { method: 'POST', form, ...sent })
  }

  /** Opens a page, and sends its form to the same address. */
  async function submit(path: string, fields: Filled = {}, sent: Sent = {}) {
    return post(path, (await send(path, sent)).text, fields, sent)
  }

  return { gate, portal, people, errors, clock, callOf, send, post, submit }
}

/** Where a form at a path has led to, as a browser has it. */
export function addressAfter(path: string, { headers }: Seen): string {
  const { pathname, search } = new URL(headers['location'] ?? '', `https://app.example${path}`)
  return `${pathname}${search}`
}

/** What the page says of the form before it. `undefined`: nothing. */
export function saidOn({ text }: Seen): string | undefined {
  const [, said] = /<p class="notice ok said" id="done" role="status">(.*?)<\/p>/s.exec(text) ?? []
  return said?.replace(/\s+/g, ' ').trim()
}

export function tokenIn(text: string): string {
  return /name="form_token"\s+value="([^"]*)"/.exec(text)?.[1] ?? ''
}

/** What a form says that its page has shown. */
function seenIn(text: string): string | undefined {
  return /name="seen"\s+value="([^"]*)"/.exec(text)?.[1]
}

function asPairs(form: readonly (readonly [string, string])[]): [string, string][] {
  return form.map(([name, value]) => [name, value])
}

async function* streamOf(text: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  if (text !== '') yield Buffer.from(text)
}
