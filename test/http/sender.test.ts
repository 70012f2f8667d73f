import { expect, test } from '@jest/globals'
import { createGate } from 'sallyport'

const PROXY = '10.0.0.1'
const CLIENT = '203.0.113.9'
const OTHER = '198.51.100.7'

/** A gate behind proxies, of whose callers somebody has tried keys until nobody listens to them. */
async function openAfter(peer: string, ...lines: readonly string[]) {
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
    trustProxy: ['10.0.0.0/8'],
  })
  let tried = 0
  const come = async (address: string, forwarded: readonly string[]): Promise<string> => {
    const decision = await gate.check({
      method: 'GET',
      url: '/',
      rawHeaders: [
        ...['Authorization', `Bearer guess-${String((tried += 1))}`],
        ...forwarded.flatMap((line) => ['X-Forwarded-For', line]),
      ],
      peer: { address, encrypted: true },
    })
    return decision.allowed ? 'allowed' : decision.reason
  }
  for (let count = 0; count < 4; count++) await come(peer, lines)
  return async (address: string) => (await come(PROXY, [address])) === 'too_many_failures'
}

const proxies = (count: number) => ', 10.0.0.2'.repeat(count)

test.each<[string, string, readonly string[], readonly string[]]>([
  ['the peer, where it is no proxy of ours, whatever it writes', CLIENT, [OTHER], [CLIENT]],
  ['the client', PROXY, [CLIENT], [CLIENT]],
  ['the last but the proxies, whoever stands before', PROXY, [`${OTHER}, ${CLIENT}`], [CLIENT]],
  ['the same behind several proxies', PROXY, [`${OTHER}, ${CLIENT}, 10.0.0.2`], [CLIENT]],
  ['the one who writes what is no address', PROXY, [`unknown, ${CLIENT}`], [CLIENT]],
  ['nobody, where what is no address stands last', PROXY, [`${CLIENT}, unknown`], []],
  ['nobody, where only proxies follow on it', PROXY, [`${CLIENT}, unknown, 10.0.0.2`], []],
  ['the last of several lines', PROXY, [OTHER, CLIENT], [CLIENT]],
  ['the last but empty ones', PROXY, [`${OTHER}, ${CLIENT}, ,`], [CLIENT]],
  ['the first of 32 hops', PROXY, [CLIENT + proxies(31)], [CLIENT]],
  ['of 33 hops, not the first, which is not read', PROXY, [CLIENT + proxies(32)], []],
  [
    'of 2,048 characters, the first',
    PROXY,
    [`${CLIENT}${' '.repeat(2_048 - CLIENT.length - 10)}, 10.0.0.2`],
    [CLIENT],
  ],
  [
    'of more characters, not the first, which is not read',
    PROXY,
    [`${CLIENT}${' '.repeat(2_048)}, 10.0.0.2`],
    [],
  ],
])('who answers for tries is %s', async (_, peer, lines, charged) => {
  const isBarred = await openAfter(peer, ...lines)
  const barred: string[] = []
  for (const address of [CLIENT, OTHER]) if (await isBarred(address)) barred.push(address)
  expect(barred).toEqual(charged)
})
