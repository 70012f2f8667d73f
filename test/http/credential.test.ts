import { expect, test } from '@jest/globals'
import { createGate, createMemoryKeyStore, type CredentialOptions } from 'sallyport'

const SECRET = 'legacy-secret-0123456789'

/** What a gate with these sources says of these header lines; KEY stands for a good key. */
async function decide(
  credentials: CredentialOptions,
  ...lines: readonly (readonly [string, string])[]
) {
  return decideAt('/', credentials, ...lines)
}

async function decideAt(
  url: string,
  credentials: CredentialOptions,
  ...lines: readonly (readonly [string, string])[]
) {
  const memory = createMemoryKeyStore()
  let reads = 0
  const findByDigest = (digest: string) => {
    reads += 1
    return memory.findByDigest(digest)
  }
  const store = { ...memory, findByDigest }
  const gate = createGate({
    environment: 'live',
    keys: { prefix: 'acme', store },
    scopes: [],
    credentials,
  })
  await gate.keys.import({ name: 'CI', ownerId: 'org_1', secret: SECRET })
  const decision = await gate.check({
    method: 'GET',
    url,
    rawHeaders: lines.flatMap(([name, value]) => [name, value.replace('KEY', SECRET)]),
    peer: { address: '203.0.113.9', encrypted: true },
  })
  return { verdict: decision.allowed ? 'allowed' : decision.reason, reads }
}

const BEARER = ['Authorization', 'Bearer KEY'] as const
const BASIC = ['Authorization', 'Basic dXNlcjpwYXNz'] as const
const OWN = ['X-Api-Key', 'KEY'] as const

test.each([
  ['both are taken by default: the scheme', {}, [BEARER], 'allowed'],
  ['both are taken by default: the header', {}, [OWN], 'allowed'],
  ['a header of its own', { header: 'X-Acme-Key' }, [['x-acme-key', 'KEY']], 'allowed'],
  ['another header than its own', { header: 'X-Acme-Key' }, [OWN], 'missing_credentials'],
  ['no header at all', { header: false }, [OWN], 'missing_credentials'],
  ['no scheme', { bearer: false }, [BEARER], 'missing_credentials'],
  ['a bearer token for somebody else beside the key', { bearer: false }, [BEARER, OWN], 'allowed'],
  ['the scheme of somebody else beside the key', {}, [BASIC, OWN], 'allowed'],
  ['the same key twice', {}, [OWN, OWN], 'multiple_credentials'],
  ['the scheme twice', {}, [BEARER, BEARER], 'multiple_credentials'],
  ['the scheme of somebody else twice', {}, [BASIC, BASIC, OWN], 'multiple_credentials'],
  [
    'fields with names as long as those of credentials',
    {},
    [['Cache-Control', 'no-store'], ['X-Trace-I', '1'], OWN, ['X-Trace-I', '1']],
    'allowed',
  ],
  ['the scheme and several spaces', {}, [['Authorization', 'Bearer   KEY']], 'allowed'],
  [
    'the scheme after something else',
    {},
    [['Authorization', 'x-bearer KEY']],
    'missing_credentials',
  ],
  [
    'the scheme after a space, as no server hands it on',
    {},
    [['Authorization', ' Bearer KEY']],
    'malformed_request',
  ],
  ['another scheme without a word', {}, [['Authorization', 'Negotiate'], OWN], 'allowed'],
  ['another scheme that ends with the name', {}, [['Authorization', 'not bearer'], OWN], 'allowed'],
  ['a list of keys', {}, [['X-Api-Key', 'KEY,KEY']], 'multiple_credentials'],
  ['a key in quotes', {}, [['X-Api-Key', '"KEY"']], 'malformed_request'],
  [
    'a scheme that only begins with Bearer',
    {},
    [['Authorization', 'Bearers KEY']],
    'missing_credentials',
  ],
  ['Bearer and a comma', {}, [['Authorization', 'Bearer,KEY']], 'malformed_request'],
  ['Bearer and two tokens', {}, [['Authorization', 'Bearer KEY KEY']], 'malformed_request'],
] as const)('%s', async (_, sources, lines, expected) => {
  expect(await decide(sources, ...lines)).toMatchObject({ verdict: expected })
})

test('a key of 256 characters is looked up, one of 257 is not', async () => {
  expect(await decide({}, ['X-Api-Key', 'x'.repeat(256)])).toEqual({
    verdict: 'unknown_key',
    reads: 1,
  })
  expect(await decide({}, ['X-Api-Key', 'x'.repeat(257)])).toEqual({
    verdict: 'unknown_key',
    reads: 0,
  })
})

test('where Node may have dropped header lines, none is believed', async () => {
  const filler = (count: number) => Array.from({ length: count }, () => ['A', 'b'] as const)
  expect(await decide({}, OWN, ...filler(998))).toMatchObject({ verdict: 'allowed' })
  expect(await decide({}, OWN, ...filler(999))).toMatchObject({ verdict: 'malformed_request' })
})

test.each([
  ['/', 'allowed'],
  ['/access_token=a', 'allowed'],
  ['/access_token?page=1', 'allowed'],
  ['/?page=1', 'allowed'],
  ['/?page=access_token', 'allowed'],
  ['/?my_access_token=a', 'allowed'],
  ['/?access_tokens=a', 'allowed'],
  ['/?access_token=a', 'multiple_credentials'],
  ['/?access_token', 'multiple_credentials'],
  ['/?page=1&access_token=a', 'multiple_credentials'],
  ['/?access_token=a&page=1', 'multiple_credentials'],
  ['/?access_token[]=a', 'multiple_credentials'],
  ['/?%61ccess_token=a', 'multiple_credentials'],
  ['/a%20b?page=1', 'allowed'],
])('RFC 6750 section 2.3: a key at %s: %s', async (url, verdict) => {
  expect(await decideAt(url, {}, OWN)).toMatchObject({ verdict })
})
