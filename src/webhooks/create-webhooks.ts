import { createHash } from 'node:crypto'
import * as v from 'valibot'
import { shortList } from '../lib/schema-kinds.js'
import { MisuseError } from '../core/errors.js'
import { matchesType } from '../events/event.js'
import type { EventTarget, GateWebhooks } from '../events/types.js'
import { isLocal, isPlainAllowed } from '../jwt/outbound.js'
import { describeIssue, told } from '../lib/issue.js'
import { warnOfDevelopment } from '../telemetry/development.js'
import { createPoster } from './post.js'
import { isWebhookSecret, signWebhook } from './sign.js'
import { strictObject } from '../lib/schema-objects.js'

/** Somebody who receives events over HTTPS. */
export interface WebhookEndpoint {
  /** `https:`, at a public address, without user information. While `NODE_ENV` is not `production`, also `http:` at this machine. */
  readonly url: string
  /** `whsec_` and base64 of 24 to 64 bytes; or two of them, the new one first, while you rotate: messages are signed with both. */
  readonly secret: string | readonly [string] | readonly [string, string]
  /** Which events: `'key.revoked'`, `'key.*'`, `'*'`. Default: all. */
  readonly events?: readonly string[]
  /** Names it in the store and in `gate.events.failed`; what waits for it is found by this name. 1 to 64 characters. Default: made from its host and the whole URL, so that a new URL is a new endpoint. */
  readonly name?: string
  /** Whether it may be at a private address, such as a service in your own network. Default false. */
  readonly allowPrivateAddresses?: boolean
}

/** The options of `createWebhooks`. */
export interface WebhookOptions {
  /** 1 to 32. */
  readonly endpoints: readonly WebhookEndpoint[]
}

const LIMIT_MS = 10_000
/** Above the time of the request itself, so that its words are those that are kept. */
const SPARE_MS = 1_000
const WORDS = 'whsec_ and base64 of 24 to 64 bytes'
const secret = v.custom<string>(isWebhookSecret, `must be ${WORDS}`)
const schema = strictObject({
  endpoints: v.pipe(
    shortList(
      strictObject({
        url: v.string(),
        secret: v.union(
          [secret, v.pipe(shortList(secret, 2), v.minLength(1))],
          `must be ${WORDS}, or two of them`,
        ),
        events: v.optional(
          v.pipe(
            v.array(
              v.pipe(
                v.string(),
                v.regex(/^[a-z_.]*\*?$/, "must be such as 'key.revoked' or 'key.*'"),
              ),
            ),
            v.minLength(1),
          ),
          ['*'],
        ),
        name: v.optional(
          v.pipe(
            v.string(),
            v.regex(/^[\w.:/ -]{1,64}$/, 'must be 1 to 64 letters, digits and ._:/ -'),
          ),
        ),
        allowPrivateAddresses: v.optional(v.boolean(), false),
      }),
      32,
    ),
    v.minLength(1),
  ),
})

const NAMES = ['endpoints', 'url', 'secret', 'events', 'name', 'allowPrivateAddresses']

/**
 * Signed webhooks (Standard Webhooks 1.0) of the events of a gate. Give them to it as `webhooks`.
 * @throws {MisuseError} by the name of the option that is wrong
 * @example
 * ```ts
 * const webhooks = createWebhooks({ endpoints: [{ url: 'https://hooks.acme.example/keys', secret: 'whsec_...' }] })
 * const gate = createGate({ ...options, webhooks })
 * ```
 */
export function createWebhooks(options: WebhookOptions): GateWebhooks {
  const parsed = v.safeParse(schema, options, told)
  if (!parsed.success) throw misuse(describeIssue(parsed.issues, NAMES))
  const targets = parsed.output.endpoints.map((endpoint, at) => targetOf(endpoint, at))
  const names = targets.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw misuse(`two 'endpoints' have the name '${twice}'`)
  warnOfLocal(parsed.output.endpoints)
  return Object.freeze({ targets: Object.freeze(targets) })
}

type CheckedEndpoint = v.InferOutput<typeof schema>['endpoints'][number]

function targetOf(endpoint: CheckedEndpoint, at: number): EventTarget {
  const { events, allowPrivateAddresses } = endpoint
  const url = urlOf(endpoint.url, allowPrivateAddresses, at)
  const digest = createHash('sha256').update(url.href).digest('base64url').slice(0, 12)
  const post = createPoster(url, allowPrivateAddresses)
  const secrets = typeof endpoint.secret === 'string' ? [endpoint.secret] : endpoint.secret
  return {
    name: `webhook ${endpoint.name ?? `${url.host} ${digest}`}`,
    wants: (type) => events.some((pattern) => matchesType(pattern, type)),
    limitMs: LIMIT_MS + SPARE_MS,
    async send({ id, type, timestamp, data }, _isFirst, signal) {
      const body = JSON.stringify({ type, timestamp, data })
      // Of this try, by the clock of the world: the receiver compares it with its own.
      const headers = { ...signWebhook({ id, timestamp: new Date(), body, secrets }) }
      await post({ body, headers, signal, limitMs: LIMIT_MS })
    },
  }
}

function urlOf(text: string, allowPrivate: boolean, at: number): URL {
  const where = `'endpoints[${String(at)}].url'`
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw misuse(`${where} must be a URL`)
  if (url.protocol !== 'https:' && !isPlainAllowed(url, allowPrivate)) {
    throw misuse(`${where} must be an https URL`)
  }
  if (url.username !== '' || url.password !== '') {
    throw misuse(`${where} must have no user name and no password`)
  }
  return url
}

/** The path of a URL may be a secret. */
function warnOfLocal(endpoints: readonly CheckedEndpoint[]): void {
  const local = endpoints.find(({ url: text, allowPrivateAddresses }) => {
    const url = new URL(text)
    return url.protocol === 'http:' || (isLocal(url) && !allowPrivateAddresses)
  })
  if (local === undefined) return
  warnOfDevelopment('createWebhooks', `events are posted to ${new URL(local.url).origin}`)
}

function misuse(complaint: string): MisuseError {
  return new MisuseError('invalid_option', `createWebhooks: ${complaint}`)
}
