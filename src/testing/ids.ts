import { strict as assert } from 'node:assert'
import { randomBase62 } from '../lib/base62.js'
import { isPromise, type MaybePromise } from '../lib/maybe.js'

/** Longer than a busy machine takes for a few calls. */
const SHORT_MS = 300

/** An id that no store has seen yet. */
export function newId(): string {
  return `tok_${randomBase62(22)}`
}

/** Ids that a careless store takes for one. */
export function similarIds(): readonly string[] {
  const id = newId()
  const swapped = id.replace(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  )
  const long = id.repeat(12)
  return [id, swapped, ` ${id}`, `${id} `, `${id}:1`, `${id}*`, long, `${long}x`, `${id}\u00e9`]
}

/** Soon enough to wait for. */
export function soon(): number {
  return Date.now() + SHORT_MS
}

/** Not during a case. */
export function later(): number {
  return Date.now() + 60_000
}

/** Waits until an instant is over, also by a clock that is a little behind this one. */
export async function past(instant: number): Promise<void> {
  const left = instant + 50 - Date.now()
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)))
}

/** A call that fails, at once or later. */
export async function assertFails(call: () => MaybePromise<unknown>): Promise<void> {
  await assert.rejects(async () => {
    const answer = call()
    if (isPromise(answer)) await answer
  })
}
