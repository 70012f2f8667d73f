import type { GateDescription, GuardMark } from '../../src/index.js'
import { findRoutes, type FoundRoute } from './guarded.js'
import { keyRoutes, tokenRoutes, type MountedRoute } from './mounted.js'
import { auditRoutes, usageRoutes } from './reading.js'
import type { DescriptionOptions, RouteDescription } from './options.js'

/** A route whose description is whole. */
export interface DescribedRoute extends MountedRoute {
  readonly summary: string
  /** Absent: it is not known. */
  readonly status?: number
  readonly scopes: readonly string[]
  readonly anyScope: readonly string[]
  readonly isPublic: boolean
  readonly isOptional: boolean
  readonly params: Readonly<Record<string, string>>
}

/** All routes: those of the app, with what its guards ask for, and those of the endpoints that are mounted. */
export function routesOf(
  gate: GateDescription,
  options: DescriptionOptions,
): readonly DescribedRoute[] {
  const { routes = [], app } = options
  const found = new Map(findRoutes(options).map((route) => [nameOf(route), route] as const))
  const listed = routes.map((route) =>
    withGuards({ status: 200, ...route }, found.get(nameOf(route)), app),
  )
  const names = new Set(routes.map(nameOf))
  const others = [...found.values()].filter(
    (route) => route.guards.length > 0 && !names.has(nameOf(route)),
  )
  const read = others.map((route) =>
    withGuards({ method: route.method, path: route.path }, route, app),
  )
  const isLeftOut = ({ method, path, scopes, anyScope }: DescribedRoute) =>
    options.leaveOut?.({ method, path, scopes, anyScope }) === true
  const own = [...listed, ...read.filter((route) => !isLeftOut(route))]
  const scopes = own.flatMap((route) => route.scopes)
  return [
    ...own,
    ...[
      ...tokenRoutes(gate, options),
      ...usageRoutes(gate, options),
      ...auditRoutes(gate, options),
      // Their last one ends the key that a collection of requests uses.
      ...keyRoutes(gate, options, scopes),
    ].map((route) => withGuards({ status: 200, ...route }, undefined, undefined)),
  ]
}

/** The same route, whatever its parameters are called. */
function nameOf({ method, path }: Pick<RouteDescription, 'method' | 'path'>): string {
  return `${method.toLowerCase()} ${path.replace(/\{\w+\}/g, '{}')}`
}

function withGuards(
  route: MountedRoute,
  found: FoundRoute | undefined,
  app: object | undefined,
): DescribedRoute {
  const { method, path } = route
  const guards = found?.guards ?? []
  const isPublic = app !== undefined && found !== undefined && guards.length === 0
  return {
    summary: `${method.toUpperCase()} ${path}`,
    params: {},
    scopes: [...new Set(guards.flatMap(({ scopes }) => scopes))],
    anyScope: guards.find(({ anyScope }) => anyScope.length > 0)?.anyScope ?? [],
    isPublic,
    isOptional: guards.length > 0 && guards.every(({ isOptional }) => isOptional),
    ...typesOf(guards),
    ...route,
  }
}

function typesOf(guards: readonly GuardMark[]): Pick<RouteDescription, 'type' | 'accept'> {
  const accepts = guards.map((guard) => guard.accepts).filter((one) => one !== undefined)
  const type = accepts.find((one) => one.type)?.type?.[0]
  const accept = accepts.find((one) => one.accept)?.accept?.[0]
  return { ...(type !== undefined && { type }), ...(accept !== undefined && { accept }) }
}
