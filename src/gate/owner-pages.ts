import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { Audit } from '../audit/audit.js'
import type { AuditEvent } from '../audit/filter.js'
import type { AuditPage, AuditQuery } from '../audit/query.js'

type Query = Audit['query']
type Options = Parameters<Query>[1]

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
/** Bytes of the time of an anchor, such as `2030-01-31T00:00:00.000Z`. */
const TIME_BYTES = 24
/** What is encrypted is filled up to so many bytes, or twice as many: its length must not tell how many digits the numbers have. */
const BLOCK_BYTES = 128
/** Characters of the id that an owner sees: 132 bits. */
const ID_LENGTH = 22

/**
 * The pages of one owner's records. A cursor of the trail has numbers that count the records of all owners, so this one is encrypted, with a key that is
 * made of a record of the owner, the anchor. Every instance finds that record by its time, and a caller knows neither its true id nor its chain.
 */
export function createOwnPages(query: Query, ownerId: string): Query {
  /** The page that was read last: who reads all of them need not look for the anchor. */
  let latest: { readonly sealed: string; readonly cursor: string } | undefined

  async function anchors(time: string, options: Options): Promise<readonly AuditEvent[]> {
    const from = new Date(time)
    if (Number.isNaN(from.getTime())) return []
    const to = new Date(from.getTime() + 1)
    const found: AuditEvent[] = []
    let cursor: string | undefined
    do {
      const page: AuditPage = await query(
        { ownerId, from, to, limit: 200, ...(cursor !== undefined && { cursor }) },
        options,
      )
      found.push(...page.items)
      ;({ cursor } = page)
    } while (cursor !== undefined)
    return found
  }

  async function unsealed(sealed: string, options: Options): Promise<string | undefined> {
    if (latest?.sealed === sealed) return latest.cursor
    const bytes = Buffer.from(sealed, 'base64url')
    if (bytes.length <= TIME_BYTES + IV_BYTES + TAG_BYTES) return undefined
    for (const anchor of await anchors(bytes.toString('latin1', 0, TIME_BYTES), options)) {
      const cursor = unseal(bytes, anchor)
      if (cursor !== undefined) return cursor
    }
    return undefined
  }

  /** Without an event on the page, the newest one of the owner is the anchor. */
  async function anchorOf({ items }: AuditPage, options: Options): Promise<AuditEvent | undefined> {
    return items.at(-1) ?? (await query({ ownerId, limit: 1 }, options)).items[0]
  }

  return async ({ cursor: sealed, ...rest }: AuditQuery = {}, options) => {
    const cursor = sealed === undefined ? undefined : await unsealed(sealed, options)
    if (sealed !== undefined && cursor === undefined) {
      // A query that is wrong in itself is told of, whatever its cursor.
      await query({ ...rest, ownerId, limit: rest.limit ?? 1, cursor: sealed }, options)
      return { items: [] }
    }
    const asked = { ...rest, ownerId, ...(cursor !== undefined && { cursor }) }
    const { cursor: next, ...page } = await query(asked, options)
    if (next === undefined) return page
    const anchor = await anchorOf(page, options)
    if (anchor === undefined) return page
    latest = { sealed: seal(next, anchor), cursor: next }
    return { ...page, cursor: latest.sealed }
  }
}

/** One id for all words of an event, from which nobody learns how many others there are. */
export function ownIdOf({ id }: AuditEvent): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, ID_LENGTH)
}

function keyOf({ id, writer }: AuditEvent): Buffer {
  return createHash('sha256')
    .update(JSON.stringify(['cursor', writer, id]))
    .digest()
}

function seal(cursor: string, anchor: AuditEvent): string {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, keyOf(anchor), iv)
  const bare = Buffer.from(cursor, 'base64url')
  const filled = Buffer.alloc(Math.ceil(bare.length / BLOCK_BYTES) * BLOCK_BYTES, ' ')
  bare.copy(filled)
  const text = Buffer.concat([cipher.update(filled), cipher.final()])
  const time = Buffer.from(anchor.time, 'latin1')
  return Buffer.concat([time, iv, cipher.getAuthTag(), text]).toString('base64url')
}

function unseal(bytes: Buffer, anchor: AuditEvent): string | undefined {
  const at = TIME_BYTES + IV_BYTES
  const decipher = createDecipheriv(CIPHER, keyOf(anchor), bytes.subarray(TIME_BYTES, at))
  decipher.setAuthTag(bytes.subarray(at, at + TAG_BYTES))
  try {
    const text = decipher.update(bytes.subarray(at + TAG_BYTES))
    const filled = Buffer.concat([text, decipher.final()]).toString('utf8')
    return Buffer.from(filled.trimEnd()).toString('base64url')
  } catch {
    return undefined
  }
}
