import { checkGate } from '../core/guard-path.js'
import type { Gate } from '../gate/gate.js'
import { lazily } from '../lib/lazily.js'
import { misuse } from './options-schema.js'

/** One gate for all environments, or one for each by name. */
export type ConsoleGates<S extends string = string> = Gate<S> | Readonly<Record<string, Gate<S>>>

/** Where keys are looked for, and made. */
export interface Gates {
  /** What looks at requests: all of them are to trust the same proxies. */
  readonly first: Gate
  /** Each once. */
  readonly all: readonly Gate[]
  /** Whether one gate serves all environments: its keys are then in one list. */
  readonly isOne: boolean
  /** The gate of an environment; of several, `undefined` where none has this name. */
  of(environment: string): Gate | undefined
  /** Those of these environments that the gate is given for. */
  environmentsIn(gate: Gate, environments: readonly string[]): readonly string[]
  /** Those of these scopes that the gate knows: the same person may hold others in another one. */
  scopesIn(gate: Gate, scopes: readonly string[]): readonly string[]
  /** Those that no gate knows. */
  unknownScopes(scopes: readonly string[]): readonly string[]
  /** Every scope that a gate knows. */
  readonly scopes: () => ReadonlyMap<string, unknown>
  /** Whether one of them has an audit log. */
  readonly hasAudit: () => boolean
}

/** @throws {MisuseError} `invalid_option` */
export function readGates<S extends string>(given: ConsoleGates<S>): Gates {
  const isOne = typeof (given as Partial<Gate> | null | undefined)?.check === 'function'
  const named = isOne ? [] : Object.entries((given as object | null | undefined) ?? {})
  const byName = new Map<string, Gate>(named as [string, Gate][])
  for (const gate of byName.values()) checkGate(gate, 'createConsole')
  const all = isOne ? [given as unknown as Gate] : [...new Set(byName.values())]
  const [first] = all
  if (first === undefined) throw misuse('must be given a gate first, as createGate returns it')
  const scopesOf = (gate: Gate) => new Map(gate.describe().scopes.map((one) => [one.name, one]))
  const known = new Map(all.map((gate) => [gate, lazily(() => scopesOf(gate))]))
  const scopes = lazily(() => new Map(all.flatMap((gate) => [...scopesOf(gate)])))
  return {
    first,
    all,
    isOne,
    of: (environment) => (isOne ? all[0] : byName.get(environment)),
    environmentsIn: (gate, environments) =>
      isOne ? environments : environments.filter((name) => byName.get(name) === gate),
    scopesIn: (gate, held) => held.filter((name) => known.get(gate)?.().has(name)),
    unknownScopes: (held) => held.filter((name) => !scopes().has(name)),
    scopes,
    hasAudit: lazily(() => all.some((gate) => gate.describe().audit !== undefined)),
  }
}
