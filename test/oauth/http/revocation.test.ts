import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  createMemoryKeyStore,
  createMemoryRevocations,
  type DeniedError,
  IdShareError,
  MisuseError,
  TokenStoreError,
  type TokenRevocations,
} from 'sallyport'
import { createPair, NOW, signToken } from '../../jwt/issuer.js'
import { basic, bearer, FRAMEWORKS, openIssuer, serve, SIGNING_KEY, startOfTime } from './api.js'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

describe.each(FRAMEWORKS)('RFC 7009 on %s', (framework) => {
  const { gate, create, verdict } = openIssuer()
  let api: Awaited<ReturnType<typeof serve>>
  let key: Awaited<ReturnType<typeof create>>
  const exchange = async () => (await gate.tokens.exchange(key.secret)).accessToken

  beforeAll(async () => {
    api = await serve(framework, gate)
    key = await create()
  })
  afterAll(() => api.close())

  const revoke = (token: string, headers = basic(key.id, key.secret)) =>
    api.post('/revoke', { token }, headers)

  test('section 2.2: a token is refused as soon as it was answered; again is harmless', async () => {
    const [token, other] = [await exchange(), await exchange()]
    expect(await api.get('/orders', token)).toMatchObject({ status: 200 })
    const answer = await revoke(token)
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const refused = await api.get('/orders', token)
    expect([refused.status, refused.body['code']]).toEqual([401, 'invalid_credentials'])
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(await verdict(token)).toBe('token_revoked')
    expect(await revoke(token)).toMatchObject({ status: 200 })
    expect(await verdict(other)).toBe('allowed')
  })

  test('RFC 8693: what was revoked cannot be exchanged, nor what its key made before it died', async () => {
    const token = await exchange()
    const form = { grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN }
    expect(await api.post('/token', form)).toMatchObject({ status: 200 })
    await revoke(token)
    expect(await api.post('/token', form)).toMatchObject({ body: { error: 'invalid_request' } })
  })

  test('section 2.2: a token that nobody knows, or that is of somebody else, is 200', async () => {
    const stranger = await signToken({}, createPair('ES256', 'key-1'))
    expect(await revoke('eyJhbGciOiJub25lIn0.e30.AA')).toMatchObject({ status: 200 })
    expect(await revoke(stranger)).toMatchObject({ status: 200 })
  })

  test('section 2.1: the hint is only a hint', async () => {
    const token = await exchange()
    const form = { token, token_type_hint: 'refresh_token' }
    await api.post('/revoke', form, basic(key.id, key.secret))
    expect(await verdict(token)).toBe('token_revoked')
  })

  test('section 2.1: a client ends its own tokens only', async () => {
    const other = await create()
    const token = await exchange()
    const answer = await revoke(token, basic(other.id, other.secret))
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant'])
    expect(await verdict(token)).toBe('allowed')
  })

  test.each<[string, string, () => Readonly<Record<string, string>>, number, string]>([
    ['no client', 'token=eyJ.a.b', () => ({}), 401, 'invalid_client'],
    ['a wrong secret', 'token=eyJ.a.b', () => basic(key.id, 'x'), 401, 'invalid_client'],
    ['a token as Bearer', 'token=eyJ.a.b', () => bearer(key.secret), 401, 'invalid_client'],
    ['no token', 'a=b', () => basic(key.id, key.secret), 400, 'invalid_request'],
    ['two', 'token=a&token=b', () => basic(key.id, key.secret), 400, 'invalid_request'],
    [
      'a key',
      'token=acme_live_sk_x',
      () => basic(key.id, key.secret),
      400,
      'unsupported_token_type',
    ],
  ])('section 2.2.1: %s', async (_, form, headers, status, error) => {
    const answer = await api.post('/revoke', form, headers())
    expect([answer.status, answer.body['error']]).toEqual([status, error])
  })

  test('POST only', async () => {
    const answer = await api.ask('/revoke')
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

test('a client ends its tokens whatever is left of its plan, and only from where its key works', async () => {
  const { gate, create, verdict } = openIssuer({
    plans: { once: { quota: { limit: 1, window: '1h' } } },
    limits: { defaultPlan: 'once', by: 'key' },
  })
  const api = await serve('Express', gate)
  const key = await create()
  const { accessToken } = await gate.tokens.exchange(key.secret)
  expect(await verdict(key.secret)).toBe('quota_exceeded')
  const ended = await api.post('/revoke', { token: accessToken }, basic(key.id, key.secret))
  expect(ended.status).toBe(200)
  expect(await verdict(accessToken)).toBe('token_revoked')
  await gate.keys.update(key.id, { allowedIps: ['203.0.113.1'] })
  const elsewhere = await api.post('/revoke', { token: accessToken }, basic(key.id, key.secret))
  expect(elsewhere).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } })
  await api.close()
})

describe('gate.tokens.revoke', () => {
  test('takes a token or its id; what has ended needs no more', async () => {
    const { gate, create, verdict, time } = openIssuer()
    const { secret } = await create()
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => gate.tokens.exchange(secret)))
    await gate.tokens.revoke(one?.accessToken ?? '')
    await gate.tokens.revoke(two?.tokenId ?? '')
    expect(await verdict(one?.accessToken ?? '')).toBe('token_revoked')
    expect(await verdict(two?.accessToken ?? '')).toBe('token_revoked')
    expect(await verdict(three?.accessToken ?? '')).toBe('allowed')
    time.now += 3_629_999
    expect(await verdict(one?.accessToken ?? '')).toBe('token_revoked')
    expect(await verdict(two?.accessToken ?? '')).toBe('token_revoked')
    time.now += 1
    expect(await verdict(one?.accessToken ?? '')).toBe('token_expired')
    await gate.tokens.revoke(one?.accessToken ?? '')
  })

  test('refuses the token of somebody else, and what is none', async () => {
    const { gate, create } = openIssuer()
    const foreign = await signToken({}, createPair('ES256', 'key-1'))
    await expect(gate.tokens.revoke(foreign)).rejects.toMatchObject({
      denial: { reason: 'token_invalid' },
    })
    const { id, secret } = await create()
    for (const other of ['x', id, secret]) {
      const refused = gate.tokens.revoke(other)
      await expect(refused).rejects.toThrow('a key is revoked by gate.keys.revoke')
      await expect(refused).rejects.toMatchObject({ name: 'MisuseError', code: 'invalid_option' })
    }
  })

  test('reaches other instances through the store of revocations, and only so', async () => {
    const time = startOfTime()
    const keys = { prefix: 'acme', store: createMemoryKeyStore() }
    const revocations = createMemoryRevocations(() => time.now)
    const open = () => openIssuer({ time, keys, issuing: { revocations } })
    const [here, there, alone] = [open(), open(), openIssuer({ time, keys })]
    const { accessToken } = await here.gate.tokens.exchange((await here.create()).secret)
    expect(await there.verdict(accessToken)).toBe('allowed')
    await here.gate.tokens.revoke(accessToken)
    expect(await there.verdict(accessToken)).toBe('token_revoked')
    // The control: an instance with a store of its own has not heard of it.
    expect(await alone.verdict(accessToken)).toBe('allowed')
  })
})

describe('a store of revocations that fails', () => {
  const STORES: readonly (readonly [string, TokenRevocations])[] = [
    ['throws', { add: fail, has: fail }],
    [
      'rejects',
      {
        add: () => Promise.reject(new Error('away')),
        has: () => Promise.reject(new Error('away')),
      },
    ],
    [
      'is silent',
      { add: () => new Promise(() => undefined), has: () => new Promise(() => undefined) },
    ],
    ['says something else', { add: () => undefined, has: () => undefined as never }],
  ]

  function fail(): never {
    throw new Error('away')
  }

  test.each(STORES)('%s: 503, never "not revoked"', async (name, revocations) => {
    const { gate, create, errors } = openIssuer({ issuing: { revocations } })
    const told: unknown[] = []
    const listen = (message: unknown) => told.push(message)
    subscribe('sallyport:outages', listen)
    const key = await create()
    const { accessToken } = await gate.tokens.exchange(key.secret)
    const api = await serve('Express', gate)
    const used = await api.get('/orders', accessToken)
    expect([used.status, used.headers.get('retry-after')]).toEqual([503, '1'])
    expect(used.headers.get('www-authenticate')).toBeNull()
    expect(errors[0]).toBeInstanceOf(TokenStoreError)
    expect(errors[0]).toMatchObject({ message: 'The store of revoked tokens failed.' })
    expect(told).toMatchObject([{ part: 'token_revocations', state: 'failing' }])
    expect(used.body).toMatchObject({
      detail: 'Access tokens cannot be verified at the moment. Try again.',
    })
    if (name !== 'says something else') {
      const ended = await api.post('/revoke', { token: accessToken }, basic(key.id, key.secret))
      expect([ended.status, ended.headers.get('retry-after')]).toEqual([503, '1'])
      await expect(gate.tokens.revoke(accessToken)).rejects.toBeInstanceOf(TokenStoreError)
    }
    unsubscribe('sallyport:outages', listen)
    await api.close()
  })

  test('in memory takes 100,000 ids, and no more until some have ended', () => {
    let now = 0
    const table = createMemoryRevocations(() => now)
    for (let n = 0; n < 100_000; n++) void table.add(`tok_${String(n)}`, n < 10 ? 5_000 : 10_000)
    expect(() => table.add('tok_more', 10_000)).toThrow(RangeError)
    expect(table.has('tok_0')).toBe(true)
    now = 5_000
    expect(table.has('tok_0')).toBe(false)
    void table.add('tok_more', 10_000)
    expect([table.has('tok_more'), table.has('tok_99999')]).toEqual([true, true])
  })

  test('in memory gives each owner a share: one who has too much is refused, and others are served', async () => {
    const { gate, create, errors } = openIssuer()
    const outages: unknown[] = []
    const hear = (outage: unknown) => {
      if ((outage as { part: string }).part === 'token_revocations') outages.push(outage)
    }
    subscribe('sallyport:outages', hear)
    const [flooder, victim] = [await create(), await create({ ownerId: 'org_2' })]
    const api = await serve('Express', gate)
    // All that is not signed anew for each: the same gate makes the tokens, and the ids are its own.
    const token = async ({ secret }: { secret: string }) =>
      (await gate.tokens.exchange(secret)).accessToken
    const id = (n: number) => `tok_${String(n).padStart(22, '0')}`
    for (let n = 0; n < 99_998; n++) await gate.tokens.revoke(id(n))
    const revoke = async (key: { id: string; secret: string }, one: string) =>
      (await api.post('/revoke', { token: one }, basic(key.id, key.secret))).status
    const [own, second, other] = [await token(flooder), await token(flooder), await token(victim)]
    expect(await revoke(flooder, own)).toBe(200)
    expect(await revoke(flooder, second)).toBe(503)
    expect(await revoke(victim, other)).toBe(200)
    expect(await gate.verify(other)).toMatchObject({ reason: 'token_revoked' })
    // It is no outage of the store.
    expect([errors, outages]).toEqual([[], []])
    unsubscribe('sallyport:outages', hear)
    await api.close()
  })

  test.each(['/revoke', 'gate.tokens.revoke'])(
    'without its signing keys, an instance does not say that it has revoked: %s',
    async (by) => {
      const keys = createMemoryKeyStore()
      const revocations = createMemoryRevocations(() => NOW * 1_000)
      const shared = { keys: { prefix: 'acme', store: keys } }
      const maker = openIssuer({ ...shared, issuing: { revocations } })
      const key = await maker.create()
      const { accessToken: token } = await maker.gate.tokens.exchange(key.secret)
      let isAway = true
      const signingKeys = () => (isAway ? Promise.reject(new Error('away')) : [SIGNING_KEY])
      const other = openIssuer({ ...shared, issuing: { revocations, signingKeys } })
      const api = await serve('Express', other.gate)
      const revoke = async () => {
        if (by === '/revoke')
          return (await api.post('/revoke', { token }, basic(key.id, key.secret))).status
        const done = other.gate.tokens.revoke(token)
        return done.then(
          () => 200,
          (error: unknown) => (error as DeniedError).denial.status,
        )
      }
      expect(await revoke()).toBe(503)
      expect(await maker.verdict(token)).toBe('allowed')
      isAway = false
      other.time.now += 60_000
      expect(await revoke()).toBe(200)
      expect(await maker.verdict(token)).toBe('token_revoked')
      await api.close()
    },
  )

  test.each([-86_400_000, -60_000, 0, 60_000, 3_599_000, 7_200_000, 86_400_000])(
    'an instance whose clock is %i ms off ends a token for as long as it lives',
    async (off) => {
      const keys = createMemoryKeyStore()
      let now = NOW * 1_000
      const revocations = createMemoryRevocations(() => now)
      const shared = { keys: { prefix: 'acme', store: keys }, issuing: { revocations } }
      const maker = openIssuer(shared)
      const other = openIssuer(shared)
      other.time.now += off
      const key = await maker.create()
      const { accessToken } = await maker.gate.tokens.exchange(key.secret)
      const [token, second] = [accessToken, await maker.gate.tokens.exchange(key.secret)]
      const api = await serve('Express', other.gate)
      const ended = await api.post('/revoke', { token }, basic(key.id, key.secret))
      expect(ended.status).toBe(200)
      await other.gate.tokens.revoke(second.accessToken)
      for (const moment of [0, 3_600_000 + 29_000]) {
        maker.time.now = NOW * 1_000 + moment
        now = maker.time.now
        expect(await maker.verdict(token)).toBe('token_revoked')
        expect(await maker.verdict(second.accessToken)).toBe('token_revoked')
      }
      await api.close()
    },
  )

  test('in memory lets one owner have half of the table, and a second one half of the rest', () => {
    let now = 0
    const table = createMemoryRevocations(() => now)
    const fill = (ownerId: string) => {
      for (let n = 0; ; n++) {
        try {
          void table.add(`${ownerId}-${String(n)}`, 1_000, { ownerId, forMs: 1_000 })
        } catch (error) {
          expect(error).toBeInstanceOf(IdShareError)
          return n
        }
      }
    }
    expect([fill('a'), fill('b'), fill('c')]).toEqual([50_000, 25_000, 12_500])
    now = 2_000
    expect(fill('d')).toBe(50_000)
  })

  test('is told for how long by the clock of the gate, and whose token it is', async () => {
    const told: unknown[] = []
    const revocations = { add: (...of: unknown[]) => void told.push(of), has: () => false }
    const { gate, create, time } = openIssuer({ issuing: { revocations } })
    const { secret } = await create()
    const { accessToken, tokenId } = await gate.tokens.exchange(secret)
    time.now += 600_000
    await gate.tokens.revoke(accessToken)
    await gate.tokens.revoke(tokenId)
    const [hour, day] = [3_600_000 + 30_000, 86_400_000 + 30_000]
    expect(told).toStrictEqual([
      [tokenId, time.now + hour, { forMs: hour, ownerId: 'org_1' }],
      [tokenId, time.now + day, { forMs: day }],
    ])
  })

  test('in memory keeps an id by its own clock, whatever that of the gate says', async () => {
    const now = NOW * 1_000
    const revocations = createMemoryRevocations(() => now + 4_000_000)
    const { gate, create, verdict } = openIssuer({ issuing: { revocations } })
    const { accessToken } = await gate.tokens.exchange((await create()).secret)
    await gate.tokens.revoke(accessToken)
    expect(await verdict(accessToken)).toBe('token_revoked')
    expect(() => revocations.add('tok', now, { forMs: 0 })).toThrow(RangeError)
  })

  test('in memory, and full, says so to whoever revokes: the token still works, and what was revoked does not', async () => {
    const { gate, create, time, verdict, errors } = openIssuer()
    const key = await create()
    const [one, two] = await Promise.all([1, 2].map(() => gate.tokens.exchange(key.secret)))
    const [revoked, token] = [one?.accessToken ?? '', two?.accessToken ?? '']
    await gate.tokens.revoke(revoked)
    const id = (n: number) => `tok_${String(n).padStart(22, '0')}`
    for (let n = 1; n < 100_000; n++) await gate.tokens.revoke(id(n))
    await expect(gate.tokens.revoke(token)).rejects.toMatchObject({
      ...{ name: 'TokenStoreError', message: 'The store of revoked tokens failed.' },
      cause: new RangeError('There are 100000 ids already.'),
    })
    const api = await serve('Express', gate)
    const ended = await api.post('/revoke', { token }, basic(key.id, key.secret))
    expect([ended.status, ended.headers.get('retry-after')]).toEqual([503, '1'])
    expect(errors).toMatchObject([{ name: 'TokenStoreError' }])
    await api.close()
    expect([await verdict(token), await verdict(revoked)]).toEqual(['allowed', 'token_revoked'])
    // Who has to end it all the same revokes its key.
    await gate.keys.revoke(key.id)
    expect(await verdict(token)).toBe('key_revoked')
    time.now += 86_430_000
    await expect(gate.tokens.revoke(id(0))).resolves.toBeUndefined()
  })

  test('of options', () => {
    const open = () => openIssuer({ issuing: { revocations: {} as never } })
    expect(open).toThrow(MisuseError)
    expect(open).toThrow("'tokens.revocations' must be TokenRevocations")
  })
})
