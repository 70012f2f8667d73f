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
  expect(parserDetail(error)).toMatch(detail)
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
  expect(parserDetail(error)).toBeUndefined()
})
