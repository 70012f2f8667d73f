import type { Gate, GateDescription } from '../../src/index.js'
import { serversOf } from './document.js'
import type { DescriptionOptions } from './options.js'
import { routesOf, type DescribedRoute } from './routes.js'

interface Field {
  readonly key: string
  readonly value: string
}

/** A collection of Postman, format 2.1: JSON. */
export interface PostmanCollection {
  readonly info: { readonly name: string; readonly schema: string }
  /** `baseUrl` and `apiKey`, which is yours to fill in; `keyId`, which creating a key fills in. */
  readonly variable: readonly Field[]
  readonly item: readonly object[]
}

const JSON_TYPE = 'application/json'
const KEY_ID = 'keyId'
/** Run by Postman after the answer: the requests behind it ask for this key. */
const KEEP_ID = `pm.collectionVariables.set('${KEY_ID}', pm.response.json().id)`
const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json'

/**
 * An API as a Postman collection: each route with an example, and variables for the address and the key. It has no secret.
 *
 * @example
 * const collection = postman(gate, { info: { title: 'Orders', version: '1.0.0' } })
 */
export function postman<S extends string>(
  gate: Gate<S>,
  options: DescriptionOptions<S>,
): PostmanCollection {
  const said = gate.describe()
  const [server] = serversOf(said, options.servers)
  return {
    info: { name: options.info.title, schema: SCHEMA },
    variable: [
      { key: 'baseUrl', value: server?.url ?? 'http://localhost:3000' },
      { key: 'apiKey', value: '' },
      ...(options.keys === undefined ? [] : [{ key: KEY_ID, value: '' }]),
    ],
    item: routesOf(said, options).map((route) => itemOf(route, said)),
  }
}

function itemOf(route: DescribedRoute, said: GateDescription): object {
  const { method, path, summary, body, answer, status, params, query = {} } = route
  const asked = Object.entries(query)
  const segments = path.split('/').filter(Boolean)
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const valueOf = (name: string) =>
    route.keyId === 'asked' ? `{{${KEY_ID}}}` : (params[name] ?? '')
  const request = {
    method: method.toUpperCase(),
    auth: { type: 'noauth' },
    header: headersOf(route, said),
    url: {
      raw: `{{baseUrl}}${path.replace(/\{(\w+)\}/g, ':$1')}`,
      host: ['{{baseUrl}}'],
      path: segments.map((part) => part.replace(/^\{(\w+)\}$/, ':$1')),
      variable: names.map((key) => ({ key, value: valueOf(key) })),
      // To be turned on by the reader.
      ...(asked.length > 0 && {
        query: asked.map(([key, value]) => ({ key, value, disabled: true })),
      }),
    },
    ...(body !== undefined && { body: { mode: 'raw', raw: JSON.stringify(body) } }),
  }
  const example = {
    ...{ name: summary, originalRequest: request, code: status },
    header: [{ key: 'Content-Type', value: route.accept ?? JSON_TYPE }],
    body: answer === undefined ? '' : typeof answer === 'string' ? answer : JSON.stringify(answer),
  }
  return {
    ...{ name: summary, request, response: status === undefined ? [] : [example] },
    ...(route.keyId === 'answered' && {
      event: [{ listen: 'test', script: { type: 'text/javascript', exec: [KEEP_ID] } }],
    }),
  }
}

function headersOf(route: DescribedRoute, said: GateDescription): readonly Field[] {
  const { isPublic, body, type, accept } = route
  const sent = type ?? (body === undefined ? undefined : JSON_TYPE)
  return [
    ...(isPublic ? [] : credentialIn(said)),
    ...(sent === undefined ? [] : [{ key: 'Content-Type', value: sent }]),
    ...(accept === undefined ? [] : [{ key: 'Accept', value: accept }]),
  ]
}

/** The first header that takes a key. */
function credentialIn({ credentials }: GateDescription): readonly Field[] {
  const place = credentials.find((one) => one.in === 'header' && one.accepts !== 'token')
  if (place === undefined) return []
  const start = place.scheme === undefined ? '' : `${place.scheme} `
  return [{ key: place.name, value: `${start}{{apiKey}}` }]
}
