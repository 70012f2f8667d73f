import { createHash } from 'node:crypto'
import { checkGate, type Answer, type EndpointRequest, type Gate } from '../../src/index.js'
import { openApi, type OpenApiDocument } from './document.js'
import type { DescriptionOptions } from './options.js'
import { postman, type PostmanCollection } from './postman.js'

/** An API's description: what `descriptionEndpoint` of an adapter serves and `sallyport describe` prints. */
export interface Description {
  openApi(): OpenApiDocument
  postman(): PostmanCollection
  /** For adapters: the answer to a request for one of the two, and nothing for any other. */
  answer(call: Pick<EndpointRequest, 'request' | 'target'>): Answer | undefined
}

/** So long readers may keep it, in seconds. */
const MAX_AGE_S = 300

/**
 * Describes an API as OpenAPI 3.1 and as a Postman collection. Both are made when the first is asked for, so `app` may get its routes afterwards. Neither has a secret.
 *
 * @example
 * export const description = createDescription(gate, { info: { title: 'Orders', version: '1.0.0' }, app })
 * app.use(descriptionEndpoint(description))
 */
export function createDescription<S extends string>(
  gate: Gate<S>,
  options: DescriptionOptions<S>,
): Description {
  checkGate(gate, 'createDescription')
  const document = once(() => openApi(gate, options))
  const collection = once(() => postman(gate, options))
  const files = new Map([
    ['/openapi.json', once(() => fileOf(document()))],
    ['/postman.json', once(() => fileOf(collection()))],
  ])
  return Object.freeze<Description>({
    openApi: document,
    postman: collection,
    answer({ request: { method, rawHeaders }, target }) {
      const file = files.get(target.replace(/\?.*$/s, ''))?.()
      if (file === undefined || (method !== 'GET' && method !== 'HEAD')) return undefined
      const { body, etag } = file
      const headers = { 'cache-control': `public, max-age=${String(MAX_AGE_S)}`, etag }
      if (isKnown(rawHeaders, etag)) return { status: 304, headers, body: '' }
      const length = String(Buffer.byteLength(body))
      const type = { 'content-type': 'application/json; charset=utf-8', 'content-length': length }
      return { status: 200, headers: { ...type, ...headers }, body }
    },
  })
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

function fileOf(value: unknown): { readonly body: string; readonly etag: string } {
  const body = JSON.stringify(value)
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}

/** Whether the reader has it already: `If-None-Match` compares weakly (RFC 9110 section 13.1.2). */
function isKnown(lines: readonly string[], etag: string): boolean {
  return lines.some((name, at) => {
    if (at % 2 === 1 || name.toLowerCase() !== 'if-none-match') return false
    const known = (lines[at + 1] ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''))
    return known.includes(etag) || known.includes('*')
  })
}
