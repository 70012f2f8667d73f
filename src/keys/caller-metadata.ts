import { Refusal } from '../core/denial.js'
import { invalid } from '../http/body.js'
import type { KeyPatch, KeyRecord } from './record.js'
import { RefusedChange } from './refused-change.js'

/**
 * Which members of a key's metadata callers may set: none, all, or those of these names.
 */
export type CallerMetadata = 'none' | 'all' | readonly string[]

type Metadata = KeyRecord['metadata']
/** In characters of JSON. */
export const MAX_METADATA = 4_096

/**
 * The metadata of a key after a caller has set it: members that it may not set stay as they are, whether it repeats or leaves them out. Another value
 * for one of them is refused.
 * @throws {RefusedChange}
 * @param rule absent: callers set all but what code has set
 */
export function metadataAfter(
  {
    metadata: before,
    metadataOverHttp: theirs = [],
  }: Pick<KeyRecord, 'metadata' | 'metadataOverHttp'>,
  wanted: Metadata,
  rule: CallerMetadata | undefined,
): Pick<KeyPatch, 'metadata' | 'metadataOverHttp'> {
  const maySet = (name: string): boolean => {
    if (rule === undefined) return theirs.includes(name) || !Object.hasOwn(before, name)
    return rule === 'all' || (rule !== 'none' && rule.includes(name))
  }
  const isKept = (name: string, value: unknown) =>
    Object.hasOwn(before, name) && JSON.stringify(before[name]) === JSON.stringify(value)
  const wantedMembers = Object.entries(wanted)
  const [refused] = wantedMembers.find((member) => !maySet(member[0]) && !isKept(...member)) ?? []
  if (refused !== undefined) {
    const detail = `Callers may not set 'metadata.${refused.slice(0, 64)}'.`
    throw new RefusedChange(new Refusal('not_grantable', { detail }))
  }
  const kept = Object.entries(before).filter(([name]) => !maySet(name))
  const metadata = Object.fromEntries([...kept, ...wantedMembers])
  if (JSON.stringify(metadata).length > MAX_METADATA) {
    throw new RefusedChange(
      invalid(
        "'metadata' must be at most 4,096 characters of JSON, with what the key has of your server.",
      ),
    )
  }
  const set = Object.entries(metadata).filter(
    ([name, value]) => theirs.includes(name) || !isKept(name, value),
  )
  const names = set.map(([name]) => name)
  return { metadata, metadataOverHttp: names.length > 0 ? names : null }
}
