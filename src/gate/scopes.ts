import type { LevelOptions, ScopeOptions } from '../core/catalogue-options.js'
import { createCatalogue, type Catalogue, type Level } from '../core/catalogue.js'
import { MisuseError } from '../core/errors.js'
import { checkNames } from '../core/names.js'

type GivenScope = Level | ScopeOptions

/** The scopes of a gate, with their words. */
export interface ReadScopes {
  readonly catalogue: Catalogue
  readonly scopes: readonly (ScopeOptions & { readonly name: string; readonly level: Level })[]
  readonly levels: readonly LevelOptions[]
}

/** @throws {MisuseError} */
export function readScopes(
  given: readonly string[] | Readonly<Record<string, GivenScope>>,
  givenLevels: readonly (string | LevelOptions)[] = [],
): ReadScopes {
  const levels = givenLevels.map((level) => (typeof level === 'string' ? { name: level } : level))
  const below = belowEach(levels)
  const entries: readonly (readonly [string, GivenScope])[] = Array.isArray(given)
    ? given.map((name: string) => [name, {}])
    : Object.entries(given)
  const scopes = entries.map(([name, one]) => {
    const options = typeof one === 'object' ? one : { level: one }
    const where = `createGate: 'scopes.${name}'`
    checkNames(options, ['level', 'title', 'description'], where, "{ title: 'Read orders' }")
    const { level = levels.length > 0 ? '' : 1, ...words } = options
    checkLevel(level, below, `scopes.${name}`)
    for (const [member, text] of Object.entries(words) as [string, unknown][]) {
      if (typeof text !== 'string' || text === '')
        throw wrong(`scopes.${name}.${member}`, 'must be a text')
    }
    return { name, level, ...words }
  })
  refuseDoubled(
    scopes.map(({ title }) => title),
    'scopes',
  )
  refuseDoubled(
    levels.map(({ title }) => title),
    'levels',
  )
  const empty = levels.find(({ name }) => scopes.every(({ level }) => level !== name))
  if (empty !== undefined) throw wrong('levels', `has '${empty.name}', and no scope is of it`)
  const catalogue = createCatalogue(new Map(scopes.map(({ name, level }) => [name, level])), below)
  return { catalogue, scopes, levels }
}

function checkLevel(level: Level, below: ReadonlyMap<Level, unknown>, option: string): void {
  if (below.has(level)) return
  if (below.size > 0) {
    const known = [...below.keys()].map((name) => `'${String(name)}'`).join(', ')
    throw wrong(option, `must have one of the levels ${known}`)
  }
  if (typeof level === 'string') throw wrong(option, "has a level with a name; give 'levels'")
  if (!Number.isInteger(level) || level < 1 || level > 9) {
    throw wrong(`${option}.level`, 'must be a whole number from 1 to 9')
  }
}

/** The levels below each. */
function belowEach(levels: readonly LevelOptions[]): ReadonlyMap<Level, ReadonlySet<Level>> {
  const below = new Map<Level, ReadonlySet<Level>>()
  for (const { name, above = [...below.keys()] } of levels) {
    if (below.has(name)) throw wrong('levels', `has '${name}' twice`)
    const unknown = above.find((one) => !below.has(one))
    if (unknown !== undefined) {
      throw wrong(
        'levels',
        `has '${name}' above '${String(unknown)}', which is not before it in the list`,
      )
    }
    below.set(name, new Set(above.flatMap((one) => [one, ...(below.get(one) ?? [])])))
  }
  return below
}

function refuseDoubled(titles: readonly (string | undefined)[], option: string): void {
  const twice = titles.find((title, at) => title !== undefined && titles.indexOf(title) !== at)
  if (twice !== undefined) throw wrong(option, `have the title '${twice}' twice`)
}

function wrong(option: string, what: string): MisuseError {
  return new MisuseError('invalid_option', `createGate: '${option}' ${what}`)
}
