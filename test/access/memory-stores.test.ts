import { describe, test } from '@jest/globals'
import { createMemoryAccessStore, createMemoryAgreementStore } from 'sallyport/access'
import { accessStoreCases, agreementStoreCases } from 'sallyport/testing'

describe('the access store in memory', () => {
  test.each(accessStoreCases(createMemoryAccessStore))('$name', ({ run }) => run())
})

describe('the agreement store in memory', () => {
  test.each(agreementStoreCases(createMemoryAgreementStore))('$name', ({ run }) => run())
})
