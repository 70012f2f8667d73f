/**
 * Makes `instanceof` hold across copies of this package in one process, such as two installed versions. Each copy has classes of its own, and all of
 * them carry the same brand.
 *
 * A subclass that has no brand is compared as JavaScript does it.
 *
 * @example
 * class StoreError extends Error {
 *   static { brand(this, 'StoreError') }
 * }
 */
export function brand(errorClass: abstract new (...args: never[]) => Error, name: string): void {
  const mark = Symbol.for(`sallyport.${name}`)
  Object.defineProperty(errorClass.prototype, mark, { value: true })
  Object.defineProperty(errorClass, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      return this === errorClass
        ? typeof value === 'object' && value !== null && mark in value
        : Function.prototype[Symbol.hasInstance].call(this as () => void, value)
    },
  })
}
