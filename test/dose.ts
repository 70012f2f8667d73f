import { test } from '@jest/globals'

/** How much of a test is run: `quick`, or `full` by `npm run test:full`. */
export function dose<T>(quick: T, full: T): T {
  return process.env['SALLYPORT_TEST_DOSE'] === 'full' ? full : quick
}

/** All cases, or the first few: those that show most stand first. */
export function firstOf<T>(quick: number, cases: readonly T[]): readonly T[] {
  return cases.slice(0, dose(quick, cases.length))
}

/** A test of the full dose alone, beside others that show the same in less time. */
export const testInFull = dose<(title: string, run: () => Promise<void>) => void>(
  () => undefined,
  test,
)
