import { StoreError } from '../core/errors.js'
import { withTimeout, type MaybePromise } from '../lib/maybe.js'

/** For one call of a store that no request waits for: what never answers is asked anew. */
const STORE_MS = 10_000

/**
 * A call of a store that ends, though no request waits for it.
 * @param late what is said of one that does not answer, such as `No answer of the jobs`
 * @throws {StoreError} after 10 s
 */
export async function patientCall<T>(late: string, call: () => MaybePromise<T>): Promise<T> {
  const error = () => new StoreError(`${late} within ${String(STORE_MS)} ms.`)
  return withTimeout(call(), STORE_MS, error)
}
