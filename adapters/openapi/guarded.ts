import { guardMarkOf, type GuardMark } from '../../src/index.js'
import type { DescriptionOptions } from './options.js'

/** A route of an app, and the guards on the way to it. */
export interface FoundRoute {
  readonly method: string
  /** With its parameters in braces. */
  readonly path: string
  readonly guards: readonly GuardMark[]
}

/** A guard before routes, and the paths that lead through it. */
interface Passed {
  readonly guard: GuardMark
  readonly covers: (path: string) => boolean
}

/** The routes of an app, in their order. What is not recognized is left out: a regular expression for a path, middleware without a name. */
export function findRoutes({
  app,
  routers = {},
}: Pick<DescriptionOptions, 'app' | 'routers'>): readonly FoundRoute[] {
  if (app === undefined) return []
  const waiting = new Map<unknown, string>(
    Object.entries(routers).map(([path, router]) => [router, path]),
  )
  const passed: Passed[] = []
  const found: FoundRoute[] = []

  function walk(one: unknown, under: string): void {
    for (const layer of layersOf(one)) {
      const covers = (path: string) => under === '' || isBelow(path, under)
      const [route, methods] = [memberOf(layer, 'route'), listIn(layer, 'methods')]
      if (typeof layer === 'function') step(layer, covers, under)
      else if (route !== undefined) addExpress(route, under)
      else if (methods.length > 0) addKoa(layer, methods, under)
      else {
        const matches = (path: string) => covers(path) && isMatch(layer, path.slice(under.length))
        const handles = [...listIn(layer, 'stack'), memberOf(layer, 'handle')]
        for (const handle of handles) step(handle, matches, under)
      }
    }
  }

  function step(middleware: unknown, covers: Passed['covers'], under: string): void {
    const guard = guardMarkOf(middleware)
    if (guard !== undefined) passed.push({ guard, covers })
    // What a middleware of @koa/router stands for.
    const inner = memberOf(middleware, 'router') ?? middleware
    const path = waiting.get(inner)
    waiting.delete(inner)
    if (path !== undefined) walk(inner, path)
    else if (inner !== middleware) walk(inner, under)
  }

  function addExpress(route: unknown, under: string): void {
    const handlers = listIn(route, 'stack').map((layer) => memberOf(layer, 'handle'))
    for (const method of Object.keys(memberOf(route, 'methods') ?? {}))
      add(method, memberOf(route, 'path'), handlers, under)
  }

  function addKoa(layer: unknown, methods: readonly unknown[], under: string): void {
    for (const method of methods) {
      // Of each GET, the router makes a HEAD.
      if (method !== 'HEAD' || methods.length === 1)
        add(String(method), memberOf(layer, 'path'), listIn(layer, 'stack'), under)
    }
  }

  function add(method: string, paths: unknown, handlers: readonly unknown[], under: string): void {
    const own = handlers.map(guardMarkOf).filter((mark) => mark !== undefined)
    for (const path of [paths].flat()) {
      // Patterns with more in them than parameters have no like in OpenAPI.
      if (typeof path !== 'string' || !/^[\w/:.~-]+$/.test(path) || method === '_all') continue
      const whole = under + path
      const sample = whole.replace(/:\w+/g, '1')
      const before = passed.filter(({ guard, covers }) => guard.isUnder(sample) && covers(sample))
      const guards = [...before.map(({ guard }) => guard), ...own]
      found.push({
        ...{ method: method.toLowerCase(), guards },
        path: whole.replace(/:(\w+)/g, '{$1}'),
      })
    }
  }

  walk(app, '')
  // Mounted by something that does not show what it mounts.
  for (const [router, path] of waiting) walk(router, path)
  return found
}

/** The layers of an app or a router of Express 4 and 5 or of `@koa/router`, or the middleware of a Koa app. */
function layersOf(one: unknown): readonly unknown[] {
  const lists = ['middleware', 'stack'].map((name) => listIn(one, name))
  // What Express 4 has as `router` throws.
  const router = memberOf(one, '_router') ?? memberOf(one, 'router')
  return [...lists, listIn(router, 'stack')].find((list) => list.length > 0) ?? []
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list: unknown = memberOf(value, name)
  return Array.isArray(list) ? list : []
}

function memberOf(value: unknown, name: string): unknown {
  const isThing = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isThing ? Reflect.get(value, name) : undefined
}

function isMatch(layer: unknown, path: string): boolean {
  const match: unknown = memberOf(layer, 'match')
  return typeof match === 'function' && Boolean(match.call(layer, path === '' ? '/' : path))
}

function isBelow(path: string, under: string): boolean {
  return path === under || path.startsWith(`${under}/`)
}
