import { StoreError } from 'sallyport'

const TRIES = 40
/** What was not begun: nothing has happened, and it may be asked again. */
const NOT_BEGUN = /free within/

/** The same store, asked again where a busy machine gave it no connection in time. For cases that are about what a store does, and not about when. */
export function patient<T extends object>(store: T): T {
  return new Proxy(store, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        for (let left = TRIES; ; left--) {
          try {
            return (await Reflect.apply(member, target, args)) as unknown
          } catch (error) {
            const isBusy = error instanceof StoreError && NOT_BEGUN.test(error.message)
            if (!isBusy || left === 0) throw error
          }
        }
      }
    },
  })
}
