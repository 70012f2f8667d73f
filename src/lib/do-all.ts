import { messageOf } from './message-of.js'
import type { MaybePromise } from './maybe.js'

/** Those made here: their members are told one by one where they are part of another. One of the app's or of Node's is a failure of its own. */
const made = new WeakSet<AggregateError>()

/**
 * Does all of these at once. One that throws keeps none of the others from being done, and nobody goes on before all of them are.
 * @throws what one has failed with; an `AggregateError` with the failure of each where several have
 */
export async function doAll(works: readonly (() => MaybePromise<unknown>)[]): Promise<void> {
  const done = await Promise.allSettled(works.map(async (work) => await work()))
  const failures = done.flatMap((one) => (one.status === 'rejected' ? toldBy(one.reason) : []))
  if (failures.length > 1) throw several(failures)
  for (const failure of failures) throw failure
}

function toldBy(failure: unknown): unknown[] {
  return failure instanceof AggregateError && made.has(failure) ? failure.errors : [failure]
}

function several(failures: readonly unknown[]): AggregateError {
  const why = failures.map(messageOf)
  const error = new AggregateError(failures, `Several things failed: ${why.join(' ')}`)
  made.add(error)
  return error
}
