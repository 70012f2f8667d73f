import type { Gate, GateDescription, PlaceDescription } from '../../src/index.js'
import type { DescriptionOptions } from './options.js'
import { routesOf, type DescribedRoute } from './routes.js'
import { schemaOf, type JsonSchema } from './schema.js'

/** A document of OpenAPI 3.1: JSON. */
export interface OpenApiDocument {
  readonly openapi: '3.1.0'
  readonly info: DescriptionOptions['info']
  readonly servers: readonly { readonly url: string; readonly description?: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, object>>
    readonly responses: Readonly<Record<string, object>>
  }
  /** Every scope, with its level, title and description. */
  readonly 'x-scopes': GateDescription['scopes']
}

/** Reasons of a guard, by status: what each route may answer. */
const STATUSES = [400, 401, 403, 421, 429, 503]
const RATE_LIMIT = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset']

/**
 * An API as OpenAPI 3.1: environments as servers, places of credentials as security schemes, scopes, error bodies in the format of the gate, rate-limit headers, and your routes. It has no secret.
 *
 * @example
 * const document = openApi(gate, {
 *   info: { title: 'Orders', version: '1.0.0' },
 *   routes: [{ method: 'get', path: '/v1/orders', summary: 'List orders', scopes: ['read:orders'] }],
 * })
 */
export function openApi<S extends string>(
  gate: Gate<S>,
  options: DescriptionOptions<S>,
): OpenApiDocument {
  const said = gate.describe()
  const securitySchemes = Object.fromEntries(said.credentials.map(schemeOf))
  const paths: Record<string, Record<string, object>> = {}
  const routes = routesOf(said, options)
  const named = new Set(routes.flatMap(({ scopes, anyScope }) => [...scopes, ...anyScope]))
  for (const route of routes) {
    const at = (paths[route.path] ??= {})
    at[route.method.toLowerCase()] = operationOf(route, said, Object.keys(securitySchemes))
  }
  return {
    ...{ openapi: '3.1.0', info: options.info, servers: serversOf(said, options.servers), paths },
    components: { securitySchemes, responses: errorsOf(said) },
    // Anybody may read it: what no route asks for, such as a scope of your own staff, is not told.
    'x-scopes': said.scopes.filter(({ name }) => named.has(name)),
  }
}

/** The addresses of an API. */
export function serversOf(
  { environments }: GateDescription,
  given: readonly string[] | undefined,
): OpenApiDocument['servers'] {
  if (given !== undefined) return given.map((url) => ({ url }))
  return environments.flatMap(({ name, hosts }) =>
    hosts.map((host) => ({ url: `https://${host}`, description: name })),
  )
}

function schemeOf({ in: place, name, scheme }: PlaceDescription): [string, object] {
  if (scheme !== undefined && name === 'authorization') {
    return [scheme.toLowerCase(), { type: 'http', scheme: scheme.toLowerCase() }]
  }
  return [name, { type: 'apiKey', in: place, name }]
}

function operationOf(
  route: DescribedRoute,
  { plans }: GateDescription,
  schemes: readonly string[],
): object {
  const { path, summary, isPublic, params, query = {}, status, answer } = route
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
  const isLimited = Object.keys(plans).length > 0 && !isPublic
  const refs = isPublic ? [] : STATUSES.filter((one) => one !== 429 || isLimited).map(String)
  return {
    summary,
    ...parametersOf([
      ...names.map((name) => ({ name, in: 'path', required: true, example: params[name] })),
      ...Object.entries(query).map(([name, example]) => ({ name, in: 'query', example })),
    ]),
    security: securityOf(route, schemes),
    ...bodyOf(route),
    responses: {
      [status === undefined ? '2XX' : String(status)]: {
        description: summary,
        ...(isLimited && { headers: headersOf(RATE_LIMIT) }),
        ...(answer !== undefined && { content: contentOf(answer, route.accept) }),
      },
      ...Object.fromEntries(refs.map((one) => [one, { $ref: `#/components/responses/${one}` }])),
    },
  }
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly example: string | undefined
}

function parametersOf(all: readonly Parameter[]): object {
  if (all.length === 0) return {}
  return {
    parameters: all.map(({ example, ...parameter }) => ({
      ...{ ...parameter, schema: { type: 'string' } },
      ...(example !== undefined && { example }),
    })),
  }
}

/** One of them is enough: each place with each of the scopes of which one is asked for, and nothing at all where credentials are optional. */
function securityOf(route: DescribedRoute, schemes: readonly string[]): readonly object[] {
  const { scopes, anyScope, isPublic, isOptional } = route
  if (isPublic) return []
  const wanted =
    anyScope.length === 0
      ? [scopes]
      : anyScope.map((one) => [...scopes.filter((scope) => scope !== one), one])
  const all = schemes.flatMap((name) => wanted.map((some) => ({ [name]: some })))
  return isOptional ? [{}, ...all] : all
}

function bodyOf({ method, body, type }: DescribedRoute): object {
  if (body !== undefined) return { requestBody: { required: true, content: contentOf(body, type) } }
  // What is required of a GET is its header alone.
  if (type === undefined || !/^(?:post|put|patch)$/i.test(method)) return {}
  return { requestBody: { required: true, content: { [type]: {} } } }
}

function contentOf(example: unknown, type = 'application/json'): object {
  return { [type]: { schema: schemaOf(example), example } }
}

function headersOf(names: readonly string[]): object {
  const schema: JsonSchema = { type: 'string' }
  return Object.fromEntries(names.map((name) => [name, { schema }]))
}

/** The errors of each status, in the format of the gate. */
function errorsOf({ errors }: GateDescription): Readonly<Record<string, object>> {
  const all = Object.entries(errors.responses)
  return Object.fromEntries(
    STATUSES.map((status) => {
      const own = all.filter(([, error]) => error.status === status)
      const examples = Object.fromEntries(
        own.map(([reason, { body }]) => [reason, { value: body }]),
      )
      const schema = schemaOf(own[0]?.[1].body)
      const type = errors.contentType.split(';', 1)[0] ?? ''
      const retries = status === 429 || status === 503 ? ['Retry-After'] : []
      return [
        String(status),
        {
          description: own.map(([reason]) => reason).join(', '),
          headers: headersOf(['X-Request-Id', ...retries]),
          content: { [type]: { schema, examples } },
        },
      ]
    }),
  )
}
