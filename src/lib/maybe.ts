/** A value now, or a promise of it: what every port may answer. */
export type MaybePromise<T> = T | Promise<T>

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return (
    value instanceof Promise || typeof (value as { then?: unknown } | null)?.then === 'function'
  )
}

/** Goes on with a value: at once when it is here, later when it is promised. */
export function then<T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return isPromise(value) ? value.then(next) : next(value)
}

/** Runs `attempt` and hands what it throws, now or later, to `onError`. */
export function recover<T, R>(
  attempt: () => MaybePromise<T>,
  onError: (error: unknown) => MaybePromise<R>,
): MaybePromise<T | R> {
  try {
    const value = attempt()
    return isPromise(value) ? value.catch(onError) : value
  } catch (error) {
    return onError(error)
  }
}

/** Runs `after` once the value is here or has failed. */
export function lastly<T>(value: MaybePromise<T>, after: () => void): MaybePromise<T> {
  if (isPromise(value)) return value.finally(after)
  after()
  return value
}

/**
 * Gives up on a promise after `limitMs` milliseconds and throws what `late` makes.
 * A value that is already here is never late. What comes back is a promise of Node's own, whatever went in.
 * @param defer When to give up once it is time: `setImmediate` lets an answer be read that came while this process was busy.
 */
export function within<T>(
  value: MaybePromise<T>,
  limitMs: number,
  late: () => Error,
  defer: (giveUp: () => void) => unknown = (giveUp) => {
    giveUp()
  },
): MaybePromise<T> {
  if (!isPromise(value)) return value
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      defer(() => {
        reject(late())
      })
    }, limitMs)
    Promise.resolve(value)
      .then(resolve, reject)
      .finally(() => {
        clearTimeout(timer)
      })
  })
}
