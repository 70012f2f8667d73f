import { expect, test } from '@jest/globals'
import { BadRequestException } from '@nestjs/common'
import { parserDetail } from '../../src/http/parser-errors.js'

test.each([
  [Object.assign(new URIError('%zz'), { status: 400 }), /^The path has a percent sign/],
  [
    Object.assign(new SyntaxError('in "secret"'), { status: 400 }),
    /^The body is not valid JSON\.$/,
  ],
  [new BadRequestException("Failed to decode param '%zz'"), /^The path has a percent sign/],
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

/** Bodies that are no JSON, each in another way. */
const BROKEN = [
  ...[
    '',
    '{',
    '{"a":',
    '{"a" 1}',
    '{"a":1,}',
    "{'a':1}",
    '[1 2]',
    '[1,',
    '{}x',
    'undefined',
    'nul',
  ],
  ...['"secret', '"\u0001"', '"\\x"', '"\\u00g0"', '-', '1.', '1e', '01', 'secret'.repeat(20)],
]

test.each(BROKEN)('NestJS rethrows what JSON.parse says of %j', (body) => {
  const text = messageOf(body)
  expect(parserDetail(new BadRequestException(text))).toBe('The body is not valid JSON.')
})

test.each(['The order is not valid JSON', 'There is no JSON at that place', 'Bad Request'])(
  'that is not what an app says: %s',
  (text) => {
    expect(parserDetail(new BadRequestException(text))).toBeUndefined()
  },
)

function messageOf(body: string): string {
  try {
    JSON.parse(body)
  } catch (error) {
    if (error instanceof Error) return error.message
  }
  throw new Error('This is JSON.')
}
