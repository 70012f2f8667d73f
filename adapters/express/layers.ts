/** One part of a path: a text of the app's, in small letters, or the name of what stands for a value of the client's. */
export type Part = { readonly text: string } | { readonly name: string }

/** Mounts that lead from the app to a stack of layers. */
export interface Chain {
  readonly parts: readonly Part[]
  /** Whether the route is in that stack, and the whole path is taken. */
  readonly isHere: boolean
}

interface Match {
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
}

type Stack = readonly unknown[]

/** A router may be mounted in itself. */
const MAX_DEPTH = 12
const DIGITS = '0123456789'
/** A probe stays within hexadecimal digits, as ids often must. */
const KINDS = [DIGITS, 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ']

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

/** What a layer takes of the beginning of a path, up to a slash. */
function mountAt(layer: unknown, path: string): Match | undefined {
  const match = matchOf(layer, path === '' ? '/' : path)
  if (match === undefined) return undefined
  const taken = match.path.replace(/\/$/, '')
  const next = path[taken.length]
  return path.startsWith(taken) && (next === undefined || next === '/')
    ? { ...match, path: taken }
    : undefined
}

/** Express 4 keeps a match in its layer; Express 5 did, and returns it since. @throws what Express throws for a value that cannot be decoded */
function matchOf(layer: unknown, path: string): Match | undefined {
  const match = memberOf(layer, 'match')
  if (typeof match !== 'function') return undefined
  const answer: unknown = Reflect.apply(match, layer, [path])
  if (answer !== true && !isObject(answer)) return undefined
  const found = isObject(answer) ? answer : layer
  const [taken, params] = [memberOf(found, 'path'), memberOf(found, 'params')]
  return typeof taken === 'string'
    ? { path: taken, params: isObject(params) ? { ...params } : {} }
    : undefined
}

/** A layer does not say what its pattern was. So it is asked whether it would take something else in each place. */
function partsOf(layer: unknown, { path, params }: Match): Part[] {
  const segments = path.split('/').slice(1)
  return segments.map((segment, at) => {
    for (const probe of probesOf(segment)) {
      const asked = segments.map((each, place) => (place === at ? probe : each))
      const name = nameIn(layer, `/${asked.join('/')}`, params)
      if (name !== undefined) return { name }
    }
    return { text: segment.toLowerCase() }
  })
}

/** The parameter that another path changes; `undefined` where the layer does not take that path. */
function nameIn(layer: unknown, path: string, params: Match['params']): string | undefined {
  try {
    const other = mountAt(layer, path)
    if (other?.path !== path) return undefined
    const names = Object.keys(other.params).filter(
      (name) => String(other.params[name]) !== String(params[name]),
    )
    const name = names.find((each) => !/^\d/.test(each))
    return name === undefined ? '*' : `:${name}`
  } catch {
    // It was taken, and could not be decoded.
    return '*'
  }
}

/** The same with one character changed, and with one more: what an expression takes may be of a length or a kind. */
function probesOf(segment: string): string[] {
  const changed = Array.from(segment, (character, at) => {
    const kind = KINDS.find((each) => each.includes(character))
    if (kind === undefined) return segment
    const next = kind[(kind.indexOf(character) + 1) % kind.length] ?? ''
    return segment.slice(0, at) + next + segment.slice(at + 1)
  })
  return [...changed.filter((each) => each !== segment), `${segment}a`]
}

function stackOf(router: unknown): Stack | undefined {
  const stack = memberOf(router, 'stack')
  return Array.isArray(stack) ? stack : undefined
}

function memberOf(one: unknown, name: string): unknown {
  return isObject(one) ? Reflect.get(one, name) : undefined
}

function isObject(one: unknown): one is object {
  return (typeof one === 'object' && one !== null) || typeof one === 'function'
}
