/** A route of the API, as a document of OpenAPI has it. */
export interface ApiRoute {
  /** In upper case. */
  readonly method: string
  readonly path: string
  readonly summary: string
  /** Those that it asks for. */
  readonly scopes: readonly string[]
}

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options', 'trace']

/** What a document describes; it may have been written by hand. */
export function routesIn(document: object | undefined): readonly ApiRoute[] {
  return entriesOf(memberOf(document, 'paths')).flatMap(([path, operations]) =>
    entriesOf(operations)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, operation]) => ({
        ...{ method: method.toUpperCase(), path, scopes: scopesOf(operation) },
        summary: textOf(memberOf(operation, 'summary')),
      })),
  )
}

const MEDIA_HEADERS = ['content-type', 'accept']

/** The media types that a route asks for, as the items of a Postman collection have them; OpenAPI has none of a request without a body. */
export function mediaTypesOf(
  collection: object | undefined,
  { method, path }: Pick<ApiRoute, 'method' | 'path'>,
): readonly (readonly [name: string, value: string])[] {
  const items: unknown = memberOf(collection, 'item')
  const requests = Array.isArray(items) ? items.map((item) => memberOf(item, 'request')) : []
  const found = requests.find(
    (request) =>
      memberOf(request, 'method') === method &&
      memberOf(memberOf(request, 'url'), 'raw') === `{{baseUrl}}${path}`,
  )
  const headers: unknown = memberOf(found, 'header')
  return (Array.isArray(headers) ? headers : [])
    .map((field) => [textOf(memberOf(field, 'key')), textOf(memberOf(field, 'value'))] as const)
    .filter(([name]) => MEDIA_HEADERS.includes(name.toLowerCase()))
}

function scopesOf(operation: unknown): readonly string[] {
  const security = memberOf(operation, 'security')
  const first: unknown = Array.isArray(security) ? security[0] : undefined
  const [, scopes] = entriesOf(first)[0] ?? []
  return Array.isArray(scopes) ? scopes.map(textOf) : []
}

function memberOf(value: unknown, name: string): unknown {
  return entriesOf(value).find(([own]) => own === name)?.[1]
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
