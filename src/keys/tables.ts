import { TablesError } from '../core/errors.js'

/** What is written beside tables of their version. */
export interface TablesVersion {
  /** How many steps have made them. */
  readonly version: number
  /** The oldest version that may still work with them. */
  readonly readableFrom: number
}

/** How the tables of a part stand to this version. */
export interface TablesReport {
  readonly part: 'keys' | 'audit'
  /** Absent where they are missing. */
  readonly tables?: TablesVersion
  /** Up to which version this one knows them, and needs them. */
  readonly known: number
  /** Whether this version works with them. */
  readonly usable: boolean
  /** Those that the version says are there, and that are not. Absent: all are there, or there are no tables at all. */
  readonly missing?: readonly string[]
}

/** Holds a store to tables that it understands. */
export interface TablesGuard {
  /** @throws {TablesError} where the tables are missing, older, or newer and no longer for this version */
  check(found: TablesVersion | undefined): void
  /** The same, and once for each change of the version: what was understood before may mean something else. */
  settle(found: TablesVersion | undefined): void
  /** @param missing tables that should be there, and are not */
  report(found: TablesVersion | undefined, missing?: readonly string[]): TablesReport
}

/** The tables that the steps of a migration make, by the names that all of them begin with. */
export function tablesMadeBy(steps: readonly string[]): readonly string[] {
  const made = steps.flatMap((step) => [...step.matchAll(/CREATE TABLE (sallyport_\w+)/g)])
  return [...new Set(made.map(([, name = '']) => name))]
}

/** @param known the version up to which this one knows the tables */
export function createTablesGuard(part: TablesReport['part'], known: number): TablesGuard {
  let settled = known

  function faultOf(found: TablesVersion | undefined): string | undefined {
    if (found === undefined || found.version < known) {
      return `The tables of ${part} are missing, or were made by an older sallyport.`
    }
    if (found.readableFrom <= known) return undefined
    return `${describe(found)} They may be used from version ${String(found.readableFrom)} on.`
  }

  function describe({ version }: TablesVersion): string {
    const [theirs, ours] = [String(version), String(known)]
    return version > known
      ? `The tables of ${part} are of version ${theirs}, made by a newer sallyport; this one knows up to ${ours}.`
      : `The tables of ${part} are of version ${theirs} again, which this sallyport knows.`
  }

  function check(found: TablesVersion | undefined): void {
    const fault = faultOf(found)
    if (fault !== undefined) throw new TablesError(fault)
  }

  return {
    check,
    settle(found) {
      check(found)
      if (found === undefined || found.version === settled) return
      settled = found.version
      throw new TablesError(describe(found))
    },
    report(found, missing = []) {
      const usable = faultOf(found) === undefined && missing.length === 0
      return {
        ...{ part, known, usable, ...(found !== undefined && { tables: found }) },
        ...(missing.length > 0 && { missing }),
      }
    },
  }
}

/** @throws {TablesError} for a key with values that this version does not know, by the names of their columns */
export function refuseUnknown(id: string, columns: readonly string[]): void {
  if (columns.length === 0) return
  throw new TablesError(
    `Key '${id.slice(0, 64)}' was changed by a newer sallyport: this version does not know ${columns.join(', ')}.`,
  )
}
