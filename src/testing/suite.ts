import type { MaybePromise } from '../lib/maybe.js'

/** One case of a suite, for any test runner: `for (const { name, run } of cases) test(name, run)`. */
export interface TestCase {
  /** Does not change between versions. */
  readonly id: string
  readonly name: string
  /** Rejects with an AssertionError where the store does not do what `name` says. */
  readonly run: () => Promise<void>
}

/** A case that wants a store. */
export interface CaseOn<Store> extends Omit<TestCase, 'run'> {
  /** `other` is a second handle on what the store keeps, or the store itself. */
  readonly run: (store: Store, other: Store) => Promise<void>
}

/** Cases that each open the store that they run on. */
export function casesOn<Store extends object>(
  open: () => MaybePromise<Store | readonly [Store, Store]>,
  cases: readonly CaseOn<Store>[],
): readonly TestCase[] {
  return cases.map(({ id, name, run }) => ({
    id,
    name,
    run: async () => {
      const opened = await open()
      const [store, other] = isPair(opened) ? opened : [opened, opened]
      await run(store, other)
    },
  }))
}

function isPair<Store extends object>(
  opened: Store | readonly [Store, Store],
): opened is readonly [Store, Store] {
  return Array.isArray(opened)
}
