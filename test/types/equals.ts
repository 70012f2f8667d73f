/** Whether two types are the same, `any` and `readonly` included. */
type Equals<A, B> =
  // Whether T extends A is compared without being resolved: only the same A and B give the same answer.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles where the type of the value is exactly `Expected`: `exactly<Auth>()(auth, true)`. */
export function exactly<Expected>() {
  return <Actual>(_value: Actual, same: Equals<Actual, Expected>): boolean => same
}
