import type { ApiKey } from '../../keys/record.js'
import { html, type Markup } from '../kit/html.js'
import type { PageRequest } from '../web/exchange.js'
import { actingOn, gatesSeen, mayChange } from './managed-keys.js'
import { lastUse, stateTag } from './words.js'

/** Keys of one call. */
const MOST = 200

/** The keys in their grace by the id of their successor. Those that are not among `keys` are looked for with one call. @throws {StoreError} */
export async function gracesOf(
  asked: PageRequest,
  keys: readonly ApiKey[],
): Promise<ReadonlyMap<string, ApiKey>> {
  const here = new Set(keys.map(({ id }) => id))
  const isElsewhere = keys.some(
    ({ rotatedFrom, state }) =>
      state === 'active' && rotatedFrom !== undefined && !here.has(rotatedFrom),
  )
  const others = isElsewhere ? await activeKeys(asked, keys) : []
  const found = [...keys, ...others].filter(
    ({ state, rotatedTo, expiresAt }) => state === 'active' && rotatedTo && expiresAt,
  )
  return new Map(found.map((old) => [old.rotatedTo ?? '', old]))
}

async function activeKeys(asked: PageRequest, [first]: readonly ApiKey[]) {
  const { portal, user } = asked
  const gate = portal.gates.of(first?.environment ?? '') ?? gatesSeen(asked)[0]
  if (gate === undefined) return []
  const filter = { ownerId: user.ownerId, state: 'active', limit: MOST } as const
  return (await actingOn(asked, gate).keys.list(filter)).items
}

/** The state of a key in a list: of both keys of a grace, until when the old one works, when it was used last, and how to end it. */
export function stateCell(
  asked: PageRequest,
  key: ApiKey,
  graces: ReadonlyMap<string, ApiKey>,
): Markup {
  const { portal, root } = asked
  const { format } = portal
  const isOld = key.state === 'active' && key.rotatedTo !== undefined
  const old = isOld ? key : graces.get(key.id)
  if (old?.expiresAt === undefined) return stateTag(key, format)
  const words = html`<span class="small quiet"
    >the old key works until ${format.time(old.expiresAt)}, last used: ${lastUse(old, format)}</span
  >`
  const end =
    mayChange(asked, old) &&
    html`<a class="btn mild slim" href="${root}keys/${old.id}/end">Revoke the old one</a>`
  return html`${stateTag(key, format)} ${!isOld && words} ${end}`
}
