import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createGate } from 'sallyport'

const HERE = '203.0.113.9'

beforeEach(() => {
  jest.spyOn(performance, 'now').mockImplementation(() => 1_000_000)
})
afterEach(() => {
  jest.restoreAllMocks()
})

function open() {
  const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
  /** What so many unknown keys are answered with. */
  const guess = async (times: number, address: string) => {
    const words: string[] = []
    for (let count = 0; count < times; count++) {
      const decision = await gate.verify('guess', address)
      words.push(decision.allowed ? 'allowed' : decision.reason)
    }
    return words
  }
  return { gate, guess }
}

test('so many sources as there are in a network drive out none of the other family', async () => {
  const { gate } = open()
  for (let count = 0; count < 100_000; count++) {
    const [high, low] = [count >> 8, count & 255]
    await gate.verify('guess', `10.${String(high >> 8)}.${String(high & 255)}.${String(low)}`)
  }
  // Those of IPv6 have a table of their own: nobody drives out the others by having many networks.
  for (let count = 0; count < 4; count++) await gate.verify('guess', '2001:db8::1')
  for (let count = 0; count < 4; count++) await gate.verify('guess', HERE)
  expect(await gate.verify('guess', HERE)).toMatchObject({ reason: 'too_many_failures' })
  expect(await gate.verify('guess', '2001:db8::2')).toMatchObject({ reason: 'too_many_failures' })
})

test('one IPv6 network with many sources drives out nobody else, and its sources share a penalty', async () => {
  const { guess } = open()
  const bystander = '2001:db8:1::1'
  await guess(4, bystander)
  expect(await guess(1, bystander)).toEqual(['too_many_failures'])
  for (let n = 0; n < 66_000; n++) {
    await guess(1, `2001:db8:2:${n.toString(16).slice(-4)}::1`)
  }
  expect(await guess(1, bystander)).toEqual(['too_many_failures'])
  // Beyond 256 of them, they are one source.
  expect(await guess(1, '2001:db8:2:fff0::1')).toEqual(['too_many_failures'])
  expect(await guess(1, '2001:db8:2:1::1')).toEqual(['unknown_key'])
  expect(await guess(1, '2001:db8:3:1::1')).toEqual(['unknown_key'])
})
