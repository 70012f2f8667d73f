import { askApp } from './ask-app.js'
import { DONE_PARAMETER, type Done } from './done.js'
import type { PageRequest } from './exchange.js'

/** What the page has to say of the form before it. `undefined` from the second time on, such as after a reload, and where nobody can tell whether it was said. */
export async function saidOnce({
  portal,
  user,
  request,
  path,
  query,
}: Pick<PageRequest, 'portal' | 'user' | 'request' | 'path' | 'query'>): Promise<Done | undefined> {
  const given = query.get(DONE_PARAMETER)
  const note = given === null ? undefined : portal.notes.read(given, user, path)
  if (note === undefined || request.method !== 'GET') return undefined
  const { forms, onError, clock } = portal.options
  const kept = { forMs: note.until - clock(), ownerId: user.ownerId }
  const add = () => forms.addIfAbsent(note.id, note.until, kept)
  const isFirst = await askApp("'forms'", add).catch((error: unknown) => {
    onError(error)
    return false
  })
  return isFirst ? note.done : undefined
}
