import { afterAll, expect, jest, test } from '@jest/globals'
import { createGate, gateRequestOf } from 'sallyport'

const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: [] })
const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)

afterAll(() => {
  warn.mockRestore()
})

/** As an adapter makes it: headers, and an object in the place of a socket. */
async function come(socket: object): Promise<boolean> {
  const headers = {
    'x-api-key': secret,
    ...{ 'x-forwarded-for': '10.1.2.3', 'x-forwarded-proto': 'https', via: '1.1 x' },
  }
  const request = gateRequestOf({ method: 'GET', url: '/', headers, socket })
  return (await gate.check(request)).allowed
}

test('an adapter of a serverless platform has no connection: its peer is the client, and no proxy to name', async () => {
  expect(await come({ encrypted: true, remoteAddress: '203.0.113.9' })).toBe(true)
  expect(await come({ encrypted: true, remoteAddress: '10.1.2.3' })).toBe(true)
  expect(await come({ encrypted: true })).toBe(true)
  expect(warn).not.toHaveBeenCalled()
  expect(await come({})).toBe(false)
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining('req.socket.encrypted'), { code: 'SALLYPORT_HTTPS_REQUIRED' }],
  ])
})
