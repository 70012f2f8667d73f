import { describe, expect, test } from '@jest/globals'
import { createGate, MisuseError } from 'sallyport'

function mistake(environment: unknown): unknown {
  try {
    createGate({ environment: environment as 'live', keys: { prefix: 'acme' }, scopes: [] })
  } catch (error) {
    if (error instanceof MisuseError) return error.message.replace('createGate: ', '')
    throw error
  }
  return 'accepted'
}

const LIVE = { hosts: ['api.acme.example'] }

describe('environments with options: what is wrong is said at start-up', () => {
  test.each<[unknown, string]>([
    [{}, "'environment' must name at least one environment"],
    [{ default: 'live' }, "'environment' must name at least one environment"],
    [
      { Live: {} },
      "'environment' has 'Live'; a name is 1 to 32 lower-case letters and digits, a letter first",
    ],
    [
      { live: 'x' },
      "'environment.live': must be an object, such as { hosts: ['api.acme.example'] }",
    ],
    [{ live: { host: [] } }, "'environment.live': 'host' is not known; did you mean 'hosts'?"],
    [{ live: { hosts: 'api.acme.example' } }, "'environment.live.hosts' must be a list of names"],
    [{ live: { manages: [1] } }, "'environment.live.manages' must be a list of names"],
    ...['https://api.acme.example', 'api.acme.example:443', '*.acme.example', 'a..b', 'a.', ''].map(
      (host): [unknown, string] => [
        { live: { hosts: [host] } },
        `'environment.live.hosts' has '${host}'; write the name alone, such as 'api.acme.example'`,
      ],
    ),
    [
      { live: LIVE, sandbox: { hosts: ['API.acme.example'] } },
      "'environment' has the host 'api.acme.example' in 'live' and in 'sandbox'",
    ],
    [{ live: LIVE, default: 'lvie' }, "'environment.default' must be one of 'live'"],
    [
      { live: {}, default: 'live' },
      "'environment.default' is for hosts that no environment has; give them 'hosts'",
    ],
    [
      { live: LIVE, sandbox: {} },
      "'environment.sandbox' has no 'hosts', and is not the 'default': no request could reach it",
    ],
    [
      { live: { ...LIVE, manages: ['sanbox'] }, default: 'live' },
      "'environment.live.manages' must be of 'live'",
    ],
  ])('%j', (environment, message) => {
    expect(mistake(environment)).toBe(message)
  })

  test.each([
    [{ live: LIVE, sandbox: {}, default: 'sandbox' }],
    [{ live: { hosts: ['localhost', '127.0.0.1', '[::1]', 'my_service'] } }],
    [{ live: { manages: ['test'] }, test: {} }],
  ])('%j is accepted', (environment) => {
    expect(mistake(environment)).toBe('accepted')
  })
})
