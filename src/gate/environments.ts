import { MisuseError } from '../core/errors.js'
import { checkNames } from '../core/names.js'
import type { EnvironmentMap, EnvironmentOptions } from './environment-options.js'
import { readReset, type CheckedReset } from './reset-options.js'

/** The environments of a gate, checked. */
export interface Environments {
  /** At least one. */
  readonly names: readonly string[]
  /** The environment of each host, in lower case. Empty: hosts do not matter. */
  readonly hosts: ReadonlyMap<string, string>
  /** That of all other hosts. */
  readonly default: string | undefined
  /** Those whose keys a caller of this environment manages: its own among them. */
  readonly managedBy: (environment: string) => readonly string[]
  /** Of the environments whose data is reset. */
  readonly resets: readonly CheckedReset[]
}

export const ENVIRONMENT_NAMES = ['hosts', 'manages', 'reset']
const EXAMPLE = "{ hosts: ['api.acme.example'] }"
const NAME = /^[a-z][a-z0-9]{0,31}$/
/** A name or an IPv4 address, or an IPv6 address in brackets. */
const HOST = /^(?=.{1,253}$)(?:[a-z0-9_](?:[\w-]{0,61}[a-z0-9])?(?:\.(?!$)|$))+$|^\[[\da-f:.]+\]$/i

/** @throws {MisuseError} */
export function readEnvironments(given: string | readonly string[] | EnvironmentMap): Environments {
  const listed = typeof given === 'string' || Array.isArray(given)
  const map = listed ? {} : (given as EnvironmentMap)
  const { default: other, ...members } = map
  const names = Object.freeze(listed ? [given].flat() : Object.keys(members)) as readonly string[]
  const options = new Map<string, EnvironmentOptions>(
    names.map((name) => [name, listed ? {} : read(name, members[name])]),
  )
  const hosts = hostsOf(options)
  checkTargets(options, hosts, other)
  const isSaid = [...options.values()].some(({ manages }) => manages !== undefined)
  return {
    ...{ names, hosts, default: other },
    resets: [...options].flatMap(([name, { reset }]) =>
      reset === undefined ? [] : [readReset(name, reset)],
    ),
    managedBy(environment) {
      const manages = isSaid
        ? (options.get(environment)?.manages ?? [])
        : environment === names[0]
          ? names
          : []
      return names.filter((name) => name === environment || manages.includes(name))
    },
  }
}

function read(name: string, given: unknown): EnvironmentOptions {
  if (!NAME.test(name)) {
    throw wrong(`has '${name}'; a name is 1 to 32 lower-case letters and digits, a letter first`)
  }
  const path = `environment.${name}`
  checkNames(given, ENVIRONMENT_NAMES, `createGate: '${path}'`, EXAMPLE)
  const options = given as EnvironmentOptions
  const { reset: _, ...lists } = options
  for (const [member, list] of Object.entries(lists) as [string, unknown][]) {
    const isList = Array.isArray(list) && list.every((one) => typeof one === 'string')
    if (list !== undefined && !isList) throw wrong(`must be a list of names`, `${path}.${member}`)
  }
  const host = options.hosts?.find((one) => !HOST.test(one))
  if (host !== undefined) {
    throw wrong(`has '${host}'; write the name alone, such as 'api.acme.example'`, `${path}.hosts`)
  }
  return options
}

function hostsOf(options: ReadonlyMap<string, EnvironmentOptions>): ReadonlyMap<string, string> {
  const hosts = new Map<string, string>()
  for (const [name, { hosts: own = [] }] of options) {
    for (const host of own.map((one) => one.toLowerCase())) {
      const before = hosts.get(host) ?? name
      if (before !== name) throw wrong(`has the host '${host}' in '${before}' and in '${name}'`)
      hosts.set(host, name)
    }
  }
  return hosts
}

/** What is named must be there, and what is there must be in reach. */
function checkTargets(
  options: ReadonlyMap<string, EnvironmentOptions>,
  hosts: ReadonlyMap<string, string>,
  other: string | undefined,
): void {
  if (options.size === 0) throw wrong('must name at least one environment')
  const known = [...options.keys()].map((name) => `'${name}'`).join(', ')
  if (other !== undefined && !options.has(other))
    throw wrong(`must be one of ${known}`, 'environment.default')
  if (other !== undefined && hosts.size === 0) {
    throw wrong(`is for hosts that no environment has; give them 'hosts'`, 'environment.default')
  }
  for (const [name, { hosts: own = [], manages = [] }] of options) {
    if (hosts.size > 0 && own.length === 0 && name !== other) {
      throw wrong(
        `has no 'hosts', and is not the 'default': no request could reach it`,
        `environment.${name}`,
      )
    }
    if (!manages.every((one) => options.has(one))) {
      throw wrong(`must be of ${known}`, `environment.${name}.manages`)
    }
  }
}

function wrong(what: string, option = 'environment'): MisuseError {
  return new MisuseError('invalid_option', `createGate: '${option}' ${what}`)
}
