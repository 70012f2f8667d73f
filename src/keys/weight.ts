import { bytesOf, weightOfJson, weightOfTexts } from '../lib/weight.js'
import type { KeyRecord } from './record.js'

/** What V8 takes for what is remembered of a key, in bytes, as it was measured; for each part rather too much than too little. */
const KEY = 820
/** A date, and an answer of its own for when it has passed. */
const END = 700
/** The headers that tell of a successor. */
const GRACE = 500
/** Of an address list, and of each rule, which is kept as the bytes that it consists of. */
const RULES = 200
const RULE = 240

/** About how many bytes are taken by what is remembered of a key. */
export function weightOf(record: KeyRecord): number {
  const { metadata, name, ownerId, scopes } = record
  const { allowedIps, expiresAt, resources = [], rotatedAt, tenantIds = [] } = record
  const lists = [scopes, tenantIds, resources].reduce((sum, list) => sum + weightOfTexts(list), 0)
  const rules = allowedIps === undefined ? 0 : RULES + RULE * allowedIps.length
  const ends = (expiresAt && END) ?? 0
  const grace = (rotatedAt && GRACE) ?? 0
  const own = KEY + ends + grace + bytesOf(name) + bytesOf(ownerId)
  return own + lists + rules + weightOfJson(metadata)
}
