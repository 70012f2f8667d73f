import { memberOf } from './member.js'
import { mountAt, partsOf, type Part } from './mounted.js'

/** Mounts that lead from the app to a stack of layers. */
export interface Chain {
  readonly parts: readonly Part[]
  /** Whether the route is in that stack, and the whole path is taken. */
  readonly isHere: boolean
}

type Stack = readonly unknown[]

/** A router may be mounted in itself. */
const MAX_DEPTH = 12

/** The layers of the app that answers, after those of the apps that it is mounted in. */
export function appsOf(req: object): Stack[] {
  const stacks: Stack[] = []
  for (let app = memberOf(req, 'app'); app !== undefined; app = memberOf(app, 'parent')) {
    // Express 4 throws at `router`.
    const router = memberOf(app, '_router') ?? memberOf(app, 'router')
    stacks.unshift(stackOf(router) ?? [])
    if (stacks.length > MAX_DEPTH) break
  }
  return stacks
}

/** All mounts that take a path, each with what it leads to. */
export function* chainsOf(
  [stack = [], ...apps]: readonly Stack[],
  path: string,
  route: object,
  depth = 0,
): Generator<Chain> {
  const isHere = path === '' && stack.some((layer) => memberOf(layer, 'route') === route)
  yield { parts: [], isHere }
  if (depth > MAX_DEPTH) return
  for (const layer of stack) {
    const match = memberOf(layer, 'route') === undefined ? mountAt(layer, path) : undefined
    if (match === undefined) continue
    const parts = partsOf(layer, match)
    const inner = stackOf(memberOf(layer, 'handle'))
    // An app is mounted as a function of its own.
    const rest = inner ? [inner, ...apps] : memberOf(layer, 'name') === 'mounted_app' ? apps : []
    for (const chain of chainsOf(rest, path.slice(match.path.length), route, depth + 1)) {
      yield { parts: [...parts, ...chain.parts], isHere: chain.isHere }
    }
  }
}

function stackOf(router: unknown): Stack | undefined {
  const stack = memberOf(router, 'stack')
  return Array.isArray(stack) ? stack : undefined
}
