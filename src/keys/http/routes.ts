import { Refusal } from '../../core/denial.js'
import { COLLECTION, DUE, ITEM, ROTATION, SELF } from './actions.js'
import { NOT_FOUND, type Action } from './call.js'

/** Where a key stands for itself. */
export const SELF_PATH = '/self'
/** Where the keys stand that wait for their rotation. */
const DUE_PATH = '/due'

/** What a request asks for. */
export function actionFor(method: string, path: string): Action | Refusal {
  const [, id = '', verb, more] = path.split('/')
  if (more !== undefined || (verb !== undefined && verb !== 'rotate')) return NOT_FOUND
  const ofItem = path === SELF_PATH ? SELF : path === DUE_PATH ? DUE : ITEM
  const actions = id === '' ? COLLECTION : verb === undefined ? ofItem : ROTATION
  const action = new Map(Object.entries(actions)).get(method === 'HEAD' ? 'GET' : method)
  const allow = Object.keys(actions).join(', ')
  return action ?? new Refusal('method_not_allowed', { headers: { allow } })
}
