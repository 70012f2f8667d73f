import type { PhiAccess } from '../terms/phi.js'
import type { GateRequest } from '../terms/request.js'
import type { Cleaner } from './text.js'

const MAX_RESOURCE = 64
const MAX_PHI = 8
const MAX_IDS = 1_000
const MAX_ID = 128

/** Health information that was touched, with what is told of it now; what is told again of one kind is put together. */
export function withTouched(
  touched: readonly PhiAccess[],
  access: PhiAccess,
  clean: Cleaner,
): readonly PhiAccess[] {
  const resource = clean(access.resource, MAX_RESOURCE)
  const { action } = access
  const same = touched.findIndex((one) => one.resource === resource && one.action === action)
  if (same === -1 && touched.length >= MAX_PHI) return touched
  const told = (access.ids ?? []).map((id) => clean(id, MAX_ID))
  const ids = [...new Set([...(touched[same]?.ids ?? []), ...told])].slice(0, MAX_IDS)
  const entry = { resource, action, ...(ids.length > 0 && { ids }) }
  return same === -1 ? [...touched, entry] : touched.with(same, entry)
}

/** What the path of a request names, where the parameter is there. */
export function idsIn(request: GateRequest | undefined, param: string): readonly string[] {
  const params = request?.framework?.params()
  if (typeof params !== 'object' || params === null || !Object.hasOwn(params, param)) return []
  const id = (params as Record<string, unknown>)[param]
  return typeof id === 'string' ? [id] : []
}
