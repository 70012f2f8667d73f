import { expect, test } from '@jest/globals'
import { parserDetail } from '../../src/http/parser-errors.js'

test.each([
  [Object.assign(new URIError('%zz'), { status: 400 }), /^The path has a percent sign/],
  [
    Object.assign(new SyntaxError('in "secret"'), { status: 400 }),
    /^The body is not valid JSON\.$/,
  ],
  [{ type: 'entity.parse.failed' }, /^The body cannot be parsed/],
  [{ type: 'request.aborted' }, /^The body ended/],
])('%s', (error, detail) => {
  expect(parserDetail(error, 400)).toMatch(detail)
})

test.each([
  [undefined],
  ['text'],
  [new Error('secret')],
  [{ type: 'constructor' }],
  [{ type: 1 }],
  [
    {
      get name() {
        throw new Error('secret')
      },
    },
  ],
])('of other errors, nothing is known: %#', (error) => {
  expect(parserDetail(error, 400)).toBeUndefined()
})

test('but for what the status says', () => {
  expect(parserDetail(new Error('secret'), 413)).toBe('The body is too large.')
  expect(parserDetail(new Error('secret'), 415)).toMatch(/Content-Encoding of the body/)
})
