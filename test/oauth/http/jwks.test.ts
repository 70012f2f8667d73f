import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DecisionMade } from 'sallyport'
import { keptSink } from '../../audit/gates.js'
import { ELSEWHERE, FRAMEWORKS, openIssuer, serve } from './api.js'

const LIMITS = { anonymous: { limit: 3, window: '1h' } } as const

describe.each(FRAMEWORKS)('the public keys on %s', (framework) => {
  const sink = keptSink()
  const { gate, create, time } = openIssuer({
    ...ELSEWHERE.options,
    limits: LIMITS,
    audit: { sink },
  })
  const heard: DecisionMade[] = []
  const hear = (message: unknown) => void heard.push(message as DecisionMade)
  let api: Awaited<ReturnType<typeof serve>>
  let other: Awaited<ReturnType<typeof serve>>
  beforeAll(async () => {
    api = await serve(framework, gate, ELSEWHERE.headers)
    other = await serve(framework, gate, {
      ...ELSEWHERE.headers,
      'x-forwarded-for': '203.0.113.10',
    })
    subscribe('sallyport:decisions', hear)
  })
  afterAll(async () => {
    unsubscribe('sallyport:decisions', hear)
    await api.close()
    await other.close()
    await gate.close()
  })

  test('are limited as other anonymous requests are, and say how the limit stands', async () => {
    const left = ({ headers }: { readonly headers: Headers }) =>
      headers.get('x-ratelimit-remaining')
    const first = await api.ask('/jwks')
    expect([first.status, left(first)]).toEqual([200, '2'])
    expect(first.headers.get('cache-control')).toBe('public, max-age=600')
    expect(left(await api.ask('/jwks', { method: 'POST' }))).toBe('1')
    expect(left(await api.ask('/orders'))).toBe('0')
    const { status, headers } = await api.ask('/jwks')
    expect([status, left({ headers }), headers.get('retry-after')]).toEqual([429, '0', '3600'])
    expect((await other.ask('/jwks')).status).toBe(200)
  })

  test('are no part of the audit log, unless they are refused', async () => {
    await gate.audit.flush()
    const of = sink.records('access').filter((one) => 'path' in one && one.path === '/jwks')
    expect(of).toMatchObject([
      { outcome: 'denied', reason: 'anonymous_limit_exceeded', status: 429 },
    ])
    const told = heard.filter(({ path }) => path === '/jwks')
    expect(told.map(({ decision }) => (decision.allowed ? '' : decision.reason))).toEqual([
      'anonymous_limit_exceeded',
    ])
  })

  test('take nothing of a caller with a key', async () => {
    time.now += 3_600_000
    const { secret } = await create()
    const before = await api.ask('/jwks')
    await api.get('/orders', secret)
    const after = await api.ask('/jwks')
    const left = [before, after].map(({ headers }) => headers.get('x-ratelimit-remaining'))
    expect(left).toEqual(['2', '1'])
  })
})

test('without a limit for anonymous requests, nobody is counted', async () => {
  const { gate } = openIssuer()
  const api = await serve('Express', gate)
  const { status, headers } = await api.ask('/jwks')
  expect([status, headers.get('x-ratelimit-limit')]).toEqual([200, null])
  await api.close()
  await gate.close()
})
