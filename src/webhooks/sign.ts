import { createHmac, timingSafeEqual } from 'node:crypto'

/** Of the bytes behind `whsec_`, as Standard Webhooks has them. */
const [MIN_BYTES, MAX_BYTES] = [24, 64]
const PREFIX = 'whsec_'
const TOLERANCE_S = 300

/** The three headers of a signed message (Standard Webhooks 1.0). */
export interface WebhookHeaders {
  readonly 'webhook-id': string
  readonly 'webhook-timestamp': string
  readonly 'webhook-signature': string
}

/** A message to sign. */
export interface WebhookMessage {
  /** The same with each try. Without a full stop. */
  readonly id: string
  /** Of this try. */
  readonly timestamp: Date
  /** The very text that is sent. */
  readonly body: string
  /** `whsec_` and base64 of 24 to 64 bytes. While you rotate, two: the message has a signature of each. */
  readonly secrets: readonly string[]
}

/**
 * Signs a message as Standard Webhooks 1.0 has it: HMAC-SHA256 over `id.timestamp.body`.
 * @throws {TypeError} for a secret that is none, without repeating it
 * @example const headers = signWebhook({ id: 'msg_1', timestamp: new Date(), body, secrets: ['whsec_...'] })
 */
export function signWebhook({ id, timestamp, body, secrets }: WebhookMessage): WebhookHeaders {
  const seconds = String(Math.floor(timestamp.getTime() / 1000))
  const signatures = secrets.map((secret) => hmac(id, seconds, body, keyOf(secret)))
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': signatures.map((signature) => `v1,${signature}`).join(' '),
  }
}

/** A message that came in. */
export interface ReceivedWebhook {
  /** Of the request, by their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The very text that came, before anything has parsed it. */
  readonly body: string
  /** As in `signWebhook`: one of them must fit. */
  readonly secrets: readonly string[]
  /** Default: now. */
  readonly now?: Date
}

/**
 * Whether a message is what somebody has signed who knows one of the secrets, within 5 minutes of now. Remember its `webhook-id` for so long: who has seen a message can send it again.
 * @throws {TypeError} for a secret that is none, without repeating it
 * @example const isOurs = verifyWebhook({ headers: req.headers, body, secrets: [secret] })
 */
export function verifyWebhook({ headers, body, secrets, now }: ReceivedWebhook): boolean {
  const [id, seconds, given] = ['id', 'timestamp', 'signature'].map(
    (name) => headers[`webhook-${name}`],
  )
  const keys = secrets.map(keyOf)
  if (typeof id !== 'string' || typeof seconds !== 'string' || typeof given !== 'string')
    return false
  const nowSeconds = (now ?? new Date()).getTime() / 1000
  if (!/^\d{1,12}$/.test(seconds)) return false
  // A time that is none fits no message.
  if (!(Math.abs(Number(seconds) - nowSeconds) <= TOLERANCE_S)) return false
  const signatures = given.split(' ').flatMap((one) => /^v1,(.+)$/.exec(one)?.[1] ?? [])
  return keys.some((key) => {
    const expected = Buffer.from(hmac(id, seconds, body, key))
    return signatures.some((one) => {
      const signature = Buffer.from(one)
      return signature.length === expected.length && timingSafeEqual(signature, expected)
    })
  })
}

/** Whether a text is a secret: `whsec_` and base64 of 24 to 64 bytes. */
export function isWebhookSecret(secret: unknown): secret is string {
  if (typeof secret !== 'string' || !secret.startsWith(PREFIX)) return false
  const text = secret.slice(PREFIX.length)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return false
  const { length } = Buffer.from(text, 'base64')
  return length >= MIN_BYTES && length <= MAX_BYTES
}

function keyOf(secret: string): Buffer {
  if (isWebhookSecret(secret)) return Buffer.from(secret.slice(PREFIX.length), 'base64')
  throw new TypeError("A secret of a webhook is 'whsec_' and base64 of 24 to 64 bytes.")
}

function hmac(id: string, seconds: string, body: string, key: Buffer): string {
  return createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
}
