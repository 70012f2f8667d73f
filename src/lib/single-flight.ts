import { isPromise, type MaybePromise } from './maybe.js'

/** Asks one question at a time for each name: who asks meanwhile waits for the same answer. */
export class SingleFlight<T> {
  readonly #underWay = new Map<string, Promise<T>>()
  #forgotten = 0

  underWay(name: string): Promise<T> | undefined {
    return this.#underWay.get(name)
  }

  /** @param look is told by `isCurrent` whether its answer may be remembered: not after `forget`, nor when another look for the name has begun */
  ask(name: string, look: (isCurrent: () => boolean) => MaybePromise<T>): MaybePromise<T> {
    const before = this.#forgotten
    const own: { answer?: Promise<T> } = {}
    const isNamed = () => own.answer === undefined || this.#underWay.get(name) === own.answer
    const looking = look(() => before === this.#forgotten && isNamed())
    if (!isPromise(looking)) return looking
    own.answer = looking.finally(() => {
      if (isNamed()) this.#underWay.delete(name)
    })
    this.#underWay.set(name, own.answer)
    return own.answer
  }

  /** What is under way counts once, for those who wait for it already. @param name default: all */
  forget(name?: string): void {
    if (name !== undefined) {
      this.#underWay.delete(name)
      return
    }
    this.#forgotten += 1
    this.#underWay.clear()
  }
}
