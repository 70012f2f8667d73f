/** A value now, or a promise of it: what every port may answer. */
export type MaybePromise<T> = T | Promise<T>

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return (
    value instanceof Promise || typeof (value as { then?: unknown } | null)?.then === 'function'
  )
}

/**
 * The value of a function of the app that must answer at once. Where it has promised one instead, and the promise is rejected, `onError` is told: a
 * rejection that nobody handles would end the process.
 * @throws {TypeError} for a promise
 */
export function atOnce<T>(value: T, name: string, onError: (error: unknown) => void): T {
  if (!isPromise<unknown>(value)) return value
  Promise.resolve(value).catch(onError)
  throw new TypeError(`${name} must answer at once, and has returned a promise.`)
}

/**
 * Goes on with a value: at once when it is here, later when it is promised. What comes back is a promise of Node's own, whatever went in: a thenable of
 * somebody else's may return nothing from its `then`.
 */
export function then<T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value)
}

/** Runs `attempt` and hands what it throws, now or later, to `onError`. */
export function recover<T, R>(
  attempt: () => MaybePromise<T>,
  onError: (error: unknown) => MaybePromise<R>,
): MaybePromise<T | R> {
  try {
    const value = attempt()
    // A thenable of somebody else's may have neither `catch` nor `finally`.
    return isPromise(value) ? Promise.resolve(value).catch(onError) : value
  } catch (error) {
    return onError(error)
  }
}

/** Runs `after` once the value is here or has failed. */
export function lastly<T>(value: MaybePromise<T>, after: () => void): MaybePromise<T> {
  if (isPromise(value)) return Promise.resolve(value).finally(after)
  after()
  return value
}

/**
 * Gives up on a promise after `limitMs` milliseconds and throws what `late` makes.
 * A value that is already here is never late. What comes back is a promise of Node's own, whatever went in.
 * @param defer When to give up once it is time: `setImmediate` lets an answer be read that came while this process was busy.
 */
export function withTimeout<T>(
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

/** Resolves once all of these have ended, or after `limitMs` milliseconds; leaves no timer. */
export async function settledWithin(
  running: Iterable<Promise<unknown>>,
  limitMs: number,
): Promise<void> {
  const late = () => new Error('They are given up.')
  const settled = withTimeout(Promise.allSettled(running), limitMs, late)
  await Promise.allSettled([settled])
}

/**
 * Makes a call that holds something, and lets go of it once: when the call has ended, or when nobody can believe any more that it will. What becomes of the call is for its caller.
 * @param limitMs how long it is held at most, in milliseconds
 */
export function holding<T>(
  call: () => MaybePromise<T>,
  limitMs: number,
  letGo: () => void,
): MaybePromise<T> {
  let result: MaybePromise<T>
  try {
    result = call()
  } catch (error) {
    letGo()
    throw error
  }
  const over = recover(
    () => withTimeout(result, limitMs, () => new Error('It is given up.')),
    () => undefined,
  )
  void lastly(over, letGo)
  return result
}

/** One question about a subject: an answer, or `undefined` when there is nothing to say. */
export type Check<Subject, Answer> = (subject: Subject) => MaybePromise<Answer | undefined>

/** Asks the checks in order and stops at the first answer; waits only for a check that makes it wait. */
export function first<Subject, Answer>(
  checks: readonly Check<Subject, Answer>[],
  subject: Subject,
  from = 0,
): MaybePromise<Answer | undefined> {
  for (let index = from; index < checks.length; index++) {
    const answer = checks[index]?.(subject)
    if (answer === undefined) continue
    if (!isPromise(answer)) return answer
    return answer.then((late) => (late === undefined ? first(checks, subject, index + 1) : late))
  }
  return undefined
}
