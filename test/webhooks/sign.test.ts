import { createHmac } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { signWebhook, verifyWebhook } from 'sallyport/webhooks'
import { Webhook } from 'standardwebhooks'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const OTHER = `whsec_${Buffer.alloc(24, 9).toString('base64')}`

test('what the public library has signed is verified, and nothing else', () => {
  const [id, now, body] = ['msg_1', new Date(), '{"type":"x"}']
  const signature = new Webhook(SECRET).sign(id, now, body)
  const seconds = String(Math.floor(now.getTime() / 1000))
  const headers = {
    ...{ 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature },
  }
  expect(signWebhook({ id, timestamp: now, body, secrets: [SECRET] })).toEqual(headers)
  const secrets = [SECRET]
  expect(verifyWebhook({ headers, body, secrets })).toBe(true)
  expect(verifyWebhook({ headers, body, secrets: [OTHER, SECRET] })).toBe(true)
  const forged = [
    { headers, body: `${body} `, secrets },
    { headers, body, secrets: [OTHER] },
    { headers, body, secrets, now: new Date(now.getTime() + 302_000) },
    { headers, body, secrets, now: new Date(now.getTime() - 302_000) },
    { headers, body, secrets, now: new Date(NaN) },
    { headers: { ...headers, 'webhook-id': 'msg_2' }, body, secrets },
    { headers: { ...headers, 'webhook-timestamp': `${seconds}.0` }, body, secrets },
    { headers: { ...headers, 'webhook-signature': 'v1,' }, body, secrets },
    { headers: { ...headers, 'webhook-signature': signature.replace('v1', 'v2') }, body, secrets },
    { headers: { ...headers, 'webhook-signature': undefined }, body, secrets },
    { headers: { ...headers, 'webhook-id': [id, id] }, body, secrets },
  ]
  expect(forged.map(verifyWebhook)).toEqual(forged.map(() => false))
})

describe('a message whose signature fits is not verified where', () => {
  const [id, body] = ['msg_1', '{"type":"x"}']
  const at = Math.floor(Date.now() / 1000)
  const seconds = String(at)
  /** Signs whatever is said, as anybody can who knows the secret. */
  const signed = (text: string) =>
    `v1,${createHmac('sha256', Buffer.alloc(32, 7)).update(text).digest('base64')}`
  const fits = signed(`${id}.${seconds}.${body}`)
  const headers = (
    signature: string | readonly string[],
    more: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  ) => ({
    ...{ 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature },
    ...more,
  })
  const verified = (
    given: ReturnType<typeof headers>,
    now = new Date(at * 1000),
    secrets: readonly string[] = [SECRET],
  ) => verifyWebhook({ headers: given, body, secrets, now })

  test.each([
    ['its id came twice', headers(fits, { 'webhook-id': [id] })],
    ['it has no id', headers(signed(`undefined.${seconds}.${body}`), { 'webhook-id': undefined })],
    ['its time came twice', headers(fits, { 'webhook-timestamp': [seconds] })],
    ['its signature came twice', headers([fits])],
    ...[' N', 'N ', 'N.0', '+N', 'Ne0'].map((spelling) => {
      const time = spelling.replace('N', seconds)
      const signature = signed(`${id}.${time}.${body}`)
      const given = headers(signature, { 'webhook-timestamp': time })
      return [`its time is spelled '${spelling}'`, given] as const
    }),
    ['its signature has another name', headers(`x${fits}`)],
    ['there is more behind its signature', headers(`${fits}\nx`)],
    ['its signature is cut', headers(fits.slice(0, -1))],
  ])('%s', (_what, given) => {
    expect(verified(given)).toBe(false)
  })

  test('it is older or newer than five minutes, and is where it is not', () => {
    const after = (s: number) => verified(headers(fits), new Date((at + s) * 1000))
    expect([-301, -300, 0, 300, 301].map(after)).toEqual([false, true, true, true, false])
  })

  test('one of several signatures is enough, and one of several secrets', () => {
    expect(verified(headers(`v1,x v2,${fits.slice(3)} ${fits}`))).toBe(true)
    expect(verified(headers(fits), undefined, [OTHER, SECRET])).toBe(true)
    expect(verified(headers(fits), undefined, [])).toBe(false)
  })
})

test('a message has a signature of each secret, each of which is enough', () => {
  const [id, body, timestamp] = ['msg_1', '{}', new Date()]
  const headers = signWebhook({ id, timestamp, body, secrets: [OTHER, SECRET] })
  for (const secret of [OTHER, SECRET]) {
    expect(new Webhook(secret).verify(body, { ...headers })).toEqual({})
    expect(verifyWebhook({ headers: { ...headers }, body, secrets: [secret] })).toBe(true)
  }
})

describe('a secret of a webhook', () => {
  const text = (length: number) => Buffer.alloc(length, 7).toString('base64')
  const sign = (secret: string) =>
    signWebhook({ id: 'msg_1', timestamp: new Date(), body: '', secrets: [secret] })

  test.each([
    ['of 24 bytes', `whsec_${text(24)}`],
    ['of 64 bytes', `whsec_${text(64)}`],
    ['without its padding', `whsec_${text(32).replace('=', '')}`],
  ])('is one %s', (_what, secret) => {
    expect(sign(secret)['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/)
  })

  test.each([
    ['no text', 7 as never],
    ['empty', 'whsec_'],
    ['short', 'whsec_abc'],
    ['of 23 bytes', `whsec_${text(23)}`],
    ['of 65 bytes', `whsec_${text(65)}`],
    ['of 24 letters, which are fewer bytes', `whsec_${text(18)}`],
    ['without its prefix', text(32)],
    ['in base64url', `whsec_${'-_'.repeat(20)}`],
    ['with something before it', `whsec_!${text(32)}`],
    ['with something behind it', `whsec_${text(32)}!`],
  ])('is none if it is %s', (_what, secret) => {
    const complaint = new TypeError(
      "A secret of a webhook is 'whsec_' and base64 of 24 to 64 bytes.",
    )
    expect(() => sign(secret)).toThrow(complaint)
    expect(() => verifyWebhook({ headers: {}, body: '', secrets: [secret] })).toThrow(complaint)
  })
})
