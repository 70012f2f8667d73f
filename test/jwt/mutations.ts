import fc from 'fast-check'

/** One way to change a token. */
export type Mutation = (token: string) => string

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const ODD = ['=', ' ', '\n', '.', '+', '/', '\0', '\u00e9', '%', '"']

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const character = fc.constantFrom(...ALPHABET.split(''), ...ODD)

const at = (token: string, where: number) => Math.floor(where * token.length)

const replaced = fc.tuple(place, character).map(
  ([where, one]): Mutation =>
    (token) =>
      token.slice(0, at(token, where)) + one + token.slice(at(token, where) + 1),
)
const inserted = fc.tuple(place, character).map(
  ([where, one]): Mutation =>
    (token) =>
      token.slice(0, at(token, where)) + one + token.slice(at(token, where)),
)
const removed = fc.tuple(place, fc.nat(40)).map(
  ([where, count]): Mutation =>
    (token) =>
      token.slice(0, at(token, where)) + token.slice(at(token, where) + count),
)
/** The end of a part is where bits are that mean nothing. */
const loosened = fc.tuple(fc.nat(2), fc.nat(63)).map(
  ([index, digit]): Mutation =>
    (token) =>
      changePart(token, index, (part) => part.slice(0, -1) + String(ALPHABET[digit])),
)
const padded = fc.tuple(fc.nat(3), fc.constantFrom('=', '==', ' ', '\n')).map(
  ([index, more]): Mutation =>
    (token) =>
      changePart(token, index, (part) => part + more),
)
const reordered = fc.shuffledSubarray([0, 1, 2], { minLength: 1 }).map(
  (order): Mutation =>
    (token) =>
      order.map((index) => token.split('.')[index] ?? '').join('.'),
)

const HEADERS = [
  ...['none', 'None', 'HS256', 'RS256', 'PS256', 'ES384', 'ES256', 1, null].map((alg) => ({ alg })),
  ...['key-2', '', '../key-1', '__proto__', 1, undefined].map((kid) => ({ kid })),
  ...['JWT', 'at+JWT', 'dpop+jwt', undefined, 1].map((typ) => ({ typ })),
  ...[['exp'], [], ['b64'], 'exp'].map((crit) => ({ crit })),
  ...[
    { b64: false },
    { b64: true },
    { zip: 'DEF' },
    { cty: 'JWT' },
    { jwk: {} },
    { jku: 'https://a.example' },
  ],
]
const CLAIMS = [
  ...[0, 1e300, -1, '1900000300', null, 1_900_000_000.5].map((exp) => ({ exp })),
  ...['https://other.example', [], ['https://api.example.com', 1], null].map((aud) => ({ aud })),
  ...[1, '', 'x'.repeat(300), null].map((sub) => ({ sub })),
  ...[
    { iat: 2e9 },
    { iat: '1' },
    { nbf: 2e9 },
    { nbf: null },
    { cnf: {} },
    { scope: 1 },
    { jti: 1 },
  ],
  ...[
    { iss: 'https://other.example' },
    { iss: ['https://login.example.com'] },
    { scp: [1] },
    { more: true },
  ],
]

/** The signature no longer fits, but for a change that changes nothing. */
const headerChanged = fc.constantFrom(...HEADERS).map(
  (change): Mutation =>
    (token) =>
      changePart(token, 0, (part) => withMembers(part, change)),
)
const claimsChanged = fc.constantFrom(...CLAIMS).map(
  (change): Mutation =>
    (token) =>
      changePart(token, 1, (part) => withMembers(part, change)),
)

export const mutation = fc.oneof(
  ...[replaced, inserted, removed, loosened, padded, reordered, headerChanged, claimsChanged],
)

/** Changes that whoever signs can make. */
export const signedChanges = fc.record({
  header: fc.option(fc.constantFrom(...HEADERS), { nil: {} }),
  claims: fc.option(fc.constantFrom(...CLAIMS), { nil: {} }),
})

function changePart(token: string, index: number, change: (part: string) => string): string {
  return token
    .split('.')
    .map((part, position) => (position === index ? change(part) : part))
    .join('.')
}

function withMembers(part: string, members: object): string {
  try {
    const value = JSON.parse(Buffer.from(part, 'base64url').toString()) as object
    return Buffer.from(JSON.stringify({ ...value, ...members })).toString('base64url')
  } catch {
    return part
  }
}
