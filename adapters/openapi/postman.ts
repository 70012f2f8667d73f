import type { Gate, GateDescription } from '../../src/index.js'
import { serversOf } from './document.js'
import type { DescriptionOptions, RouteDescription } from './options.js'
import { routesOf } from './routes.js'

interface Field {
  readonly key: string
  readonly value: string
}

/** A collection of Postman, format 2.1: JSON. */
export interface PostmanCollection {
  readonly info: { readonly name: string; readonly schema: string }
  /** `baseUrl` and `apiKey`: the key is yours to fill in. */
  readonly variable: readonly Field[]
  readonly item: readonly object[]
}

const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json'

/**
 * An API as a Postman collection: each route with an example, and the variables `baseUrl` and `apiKey`. It has no secret.
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
    ],
    item: routesOf(said, options).map((route) => itemOf(route, said)),
  }
}

function itemOf(route: RouteDescription, said: GateDescription): object {
  const { method, path, summary, body, answer, status = 200, isPublic = false } = route
  const json = { key: 'Content-Type', value: 'application/json' }
  const segments = path.split('/').filter(Boolean)
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const request = {
    method: method.toUpperCase(),
    auth: { type: 'noauth' },
    header: [...(isPublic ? [] : credentialIn(said)), ...(body === undefined ? [] : [json])],
    url: {
      raw: `{{baseUrl}}${path.replace(/\{(\w+)\}/g, ':$1')}`,
      host: ['{{baseUrl}}'],
      path: segments.map((part) => part.replace(/^\{(\w+)\}$/, ':$1')),
      variable: names.map((key) => ({ key, value: '' })),
    },
    ...(body !== undefined && { body: { mode: 'raw', raw: JSON.stringify(body) } }),
  }
  const example = {
    ...{ name: summary, originalRequest: request, code: status, header: [json] },
    body: answer === undefined ? '' : JSON.stringify(answer),
  }
  return { name: summary, request, response: [example] }
}

/** The first header that takes a key. */
function credentialIn({ credentials }: GateDescription): readonly Field[] {
  const place = credentials.find((one) => one.in === 'header' && one.accepts !== 'token')
  if (place === undefined) return []
  const start = place.scheme === undefined ? '' : `${place.scheme} `
  return [{ key: place.name, value: `${start}{{apiKey}}` }]
}
