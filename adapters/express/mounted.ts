import { isObject, memberOf } from './member.js'

/** One part of a path: a text of the app's, in small letters, or the name of what stands for a value of the client's. */
export type Part = { readonly text: string } | { readonly name: string }

interface Match {
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
}

/** A probe stays within hexadecimal digits, as ids often must. */
const KINDS = ['0123456789', 'abcdef', 'ghijklmnopqrstuvwxyz', 'ABCDEF', 'GHIJKLMNOPQRSTUVWXYZ']

/** What a layer takes of the beginning of a path, up to a slash. */
export function mountAt(layer: unknown, path: string): Match | undefined {
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
export function partsOf(layer: unknown, { path, params }: Match): Part[] {
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
