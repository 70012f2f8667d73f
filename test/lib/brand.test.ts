import { expect, test } from '@jest/globals'
import { StoreError } from 'sallyport'
import { brand } from '../../src/lib/brand.js'

/** A class as another copy of the package has it. */
class OtherStoreError extends Error {
  static {
    brand(this, 'StoreError')
  }
}

class SpecialError extends StoreError {}

test('an error of another copy of the package is recognised, in both directions', () => {
  expect(new OtherStoreError('down')).toBeInstanceOf(StoreError)
  expect(new StoreError('down')).toBeInstanceOf(OtherStoreError)
})

test('an error of another class is not', () => {
  for (const value of [new Error('down'), new TypeError('down'), 'down', null, undefined, {}]) {
    expect(value instanceof StoreError).toBe(false)
  }
})

test('a subclass of an app is compared as JavaScript does it', () => {
  expect(new SpecialError('down')).toBeInstanceOf(StoreError)
  expect(new SpecialError('down')).toBeInstanceOf(SpecialError)
  expect(new StoreError('down')).not.toBeInstanceOf(SpecialError)
})
