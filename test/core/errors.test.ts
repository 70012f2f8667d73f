import { expect, test } from '@jest/globals'
import * as sallyport from 'sallyport'
import { ERROR_CODES, SallyportError } from 'sallyport'

type ErrorClass = abstract new (...args: never[]) => Error

const classes = Object.entries<unknown>(sallyport).filter(
  (entry): entry is [string, ErrorClass] =>
    entry[0].endsWith('Error') && typeof entry[1] === 'function' && entry[1] !== SallyportError,
)

test('every exported class of error is a SallyportError whose codes are listed', () => {
  expect(classes.length).toBeGreaterThan(10)
  for (const [name, one] of classes) {
    const isOne = Object.create(one.prototype as object) instanceof SallyportError
    expect([name, isOne]).toEqual([name, true])
    if (name !== 'DeniedError') expect(Object.keys(ERROR_CODES)).toContain(name)
  }
})

test.each([
  [new sallyport.StoreError('down'), 'store_unavailable'],
  [new sallyport.TablesError('old'), 'tables_version'],
  [new sallyport.ImportStoppedError(3, new sallyport.StoreError('down')), 'import_stopped'],
  [new sallyport.DuplicateKeyError(), 'duplicate_key'],
  [new sallyport.KeyError('unknown_key', 'none'), 'unknown_key'],
  [new sallyport.MisuseError('not_guarded', 'none'), 'not_guarded'],
  [new sallyport.LimitStoreError('down', 'begun'), 'limit_store_unavailable'],
  [new sallyport.TokenStoreError('down'), 'token_store_unavailable'],
  [new sallyport.IdShareError('much'), 'share_exceeded'],
  [new sallyport.IssuerError('The keys', 'https://a.example', 'down'), 'issuer_unavailable'],
  [new sallyport.AuditError('down'), 'audit_unavailable'],
])('%s has the code %s', (error, code) => {
  expect(error.code).toBe(code)
  expect(error).toBeInstanceOf(SallyportError)
})

test('no other error is one', () => {
  for (const value of [new Error('down'), new TypeError('down'), { code: 'store_unavailable' }]) {
    expect(value instanceof SallyportError).toBe(false)
  }
})
