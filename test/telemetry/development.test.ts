import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type * as Core from 'sallyport'
import type * as Console from 'sallyport/console'
import type * as Webhooks from 'sallyport/webhooks'

const SECRET = `whsec_${Buffer.alloc(32).toString('base64')}`
const OPTIONS = { environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] } as const

const before = process.env['NODE_ENV']
afterEach(() => {
  process.env['NODE_ENV'] = before
  jest.restoreAllMocks()
})
// What a process was warned of is known to it: each test is one of its own.
beforeEach(() => {
  jest.resetModules()
})

/** What a process of this mode is warned of. */
async function warned(mode: string | undefined, use: (modules: Modules) => void) {
  if (mode === undefined) Reflect.deleteProperty(process.env, 'NODE_ENV')
  else process.env['NODE_ENV'] = mode
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const modules = {
    ...(await import('sallyport')),
    ...(await import('sallyport/webhooks')),
    ...(await import('sallyport/console')),
  }
  use(modules)
  use(modules)
  return warn.mock.calls.map(([text, options]) => [
    String(text),
    (options as unknown as { readonly code: string }).code,
  ])
}

type Modules = typeof Core & typeof Webhooks & typeof Console

const posts =
  (url: string, more = {}) =>
  ({ createWebhooks }: Modules) =>
    void createWebhooks({ endpoints: [{ url, secret: SECRET, ...more }] })
const trusts =
  (issuer: string, more = {}) =>
  ({ createGate }: Modules) =>
    void createGate({
      ...OPTIONS,
      issuers: [{ issuer, audience: 'a', algorithms: ['RS256'], ...more }],
    })
const asks =
  (endpoint: string, more = {}) =>
  ({ createGate }: Modules) => {
    const of = {
      endpoint,
      clientId: 'a',
      clientSecret: 'b',
      issuer: 'https://login.example',
      audience: 'a',
    }
    void createGate({ ...OPTIONS, introspection: { ...of, ...more } })
  }
const opens =
  (more = {}) =>
  ({ createConsole, createGate }: Modules) =>
    void createConsole(createGate(OPTIONS), { user: () => undefined, ...more })

describe('where NODE_ENV is not set, a process is warned once of what is for development alone', () => {
  test.each<[string, (modules: Modules) => void, string]>([
    [
      'webhooks without TLS',
      posts('http://localhost:9000/a-secret-path'),
      'events are posted to http://localhost:9000',
    ],
    [
      'webhooks of this machine',
      posts('https://127.0.0.1/x'),
      'events are posted to https://127.0.0.1',
    ],
    ['a console without a secret', opens(), "a 'secret' is made up"],
    [
      'an issuer of this machine',
      trusts('https://localhost:8443'),
      "the issuer 'https://localhost:8443' is on this machine",
    ],
    [
      'introspection on this machine',
      asks('https://localhost:8443/i'),
      'introspection at https://localhost:8443 is on this machine',
    ],
  ])('%s', async (_what, use, words) => {
    const found = await warned(undefined, use)
    expect(found).toEqual([[expect.stringContaining(words), 'SALLYPORT_DEVELOPMENT']])
    const [[text = ''] = []] = found
    expect(text).toMatch(/NODE_ENV is not set.*Set NODE_ENV=production/)
    expect(text).not.toContain('a-secret-path')
    jest.restoreAllMocks()
    jest.resetModules()
    expect(await warned('development', use)).toEqual([])
  })

  test('an empty one is not set either', async () => {
    expect(await warned('', opens())).toHaveLength(1)
  })

  test.each<[string, (modules: Modules) => void]>([
    ['webhooks of others', posts('https://hooks.acme.example/x')],
    ['webhooks that may be near', posts('https://localhost/x', { allowPrivateAddresses: true })],
    ['a console with a secret', opens({ secret: 's'.repeat(32) })],
    [
      'an issuer that may be near',
      trusts('https://localhost:8443', { allowPrivateAddresses: true }),
    ],
    ['an issuer of others', trusts('https://login.acme.example')],
    ['introspection of others', asks('https://login.acme.example/i')],
  ])('control: not of %s', async (_what, use) => {
    expect(await warned(undefined, use)).toEqual([])
  })
})

test.each<[string, (modules: Modules) => void, string]>([
  ['an issuer', trusts('http://localhost:8080'), "the issuer 'http://localhost:8080'"],
  ['introspection', asks('http://localhost:8080/i'), 'introspection at http://localhost:8080'],
])('%s without TLS is warned of in every mode but production', async (_what, use, words) => {
  for (const mode of [undefined, 'development']) {
    jest.resetModules()
    const found = await warned(mode, use)
    jest.restoreAllMocks()
    const one = [expect.stringContaining(`${words} is asked without TLS`), 'SALLYPORT_PLAIN_HTTP']
    expect(found).toEqual([one, one])
  }
})
