import { once } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import request from 'supertest'
import { createGate } from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { FRAMEWORKS, listen, type Scope } from './servers.js'

describe.each(Object.entries(FRAMEWORKS))('on %s', (_name, open) => {
  test('who uses a key that has a successor is told since when and until when, and nobody else is', async () => {
    const time = createTestClock(new Date('2030-01-31T10:00:00.999Z'))
    const gate = createGate<Scope>({
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: ['read:orders', 'manage:keys'],
      clock: time.clock,
    })
    const { server, port } = await listen(open(gate))
    const ask = async (secret: string, path = '/orders') => {
      const asked = request(`http://127.0.0.1:${String(port)}`).get(path)
      const { status, headers } = await asked.set('X-Api-Key', secret)
      const { deprecation, sunset } = headers as Record<string, string | undefined>
      return [status, deprecation, sunset]
    }
    const quiet = [undefined, undefined]
    // 2030-01-31T10:00:00Z, and a day later.
    const told = ['@1896084000', 'Fri, 01 Feb 2030 10:00:00 GMT']
    try {
      const scopes: Scope[] = ['read:orders']
      const old = await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes })
      expect(await ask(old.secret)).toEqual([200, ...quiet])
      const next = await gate.keys.rotate(old.id)
      expect(await ask(old.secret)).toEqual([200, ...told])
      expect(await ask(next.secret)).toEqual([200, ...quiet])
      time.advance('86399999ms')
      expect(await ask(old.secret)).toEqual([200, ...told])
      time.advance('1ms')
      expect(await ask(old.secret)).toEqual([401, ...quiet])
      expect(await ask(next.secret)).toEqual([200, ...quiet])
    } finally {
      server.close()
      await once(server, 'close')
    }
  })
})
