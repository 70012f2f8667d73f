import { isPromise, type MaybePromise } from './maybe.js'

/** Asks one question at a time for each name: who asks meanwhile waits for the same answer. */
export class SingleFlight<T> {
  readonly #underWay = new Map<string, Promise<T>>()
  #forgotten = 0

  underWay(name: string): Promise<T> | undefined {
    return this.#underWay.get(name)
  }

  /** @param look is told by `isCurrent` whether its answer may be remembered: not after `forget` */
  ask(name: string, look: (isCurrent: () => boolean) => MaybePromise<T>): MaybePromise<T> {
    const before = this.#forgotten
    const looking = look(() => before === this.#forgotten)
    if (!isPromise(looking)) return looking
    const ended: Promise<T> = looking.finally(() => {
      if (this.#underWay.get(name) === ended) this.#underWay.delete(name)
    })
    this.#underWay.set(name, ended)
    return ended
  }

  /** What is under way counts once, for those who wait for it already. */
  forget(): void {
    this.#forgotten += 1
    this.#underWay.clear()
  }
}
