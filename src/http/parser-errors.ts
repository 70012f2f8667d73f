/**
 * What a body parser says of a body that it refuses, by the `type` of its error, in words of our own: its own may quote the body. These are the types of raw-body and body-parser, on which
 * those of Express and Koa are built.
 */
const DETAILS: Readonly<Record<string, string>> = {
  'entity.parse.failed': 'The body cannot be parsed: it is not valid for its Content-Type.',
  'entity.too.large': 'The body is too large.',
  'entity.verify.failed': 'The body was not accepted.',
  'encoding.unsupported': 'The Content-Encoding of the body is not supported.',
  'charset.unsupported': 'The charset in the Content-Type of the body is not supported.',
  'parameters.too.many': 'The body has too many parameters.',
  'querystring.parse.rangeError': 'The body is nested too deep.',
  'request.aborted': 'The body ended before its end.',
  'request.size.invalid': 'The length of the body is not that of its Content-Length.',
}
const BROKEN_JSON = 'The body is not valid JSON.'
const BROKEN_PATH = 'The path has a percent sign that does not stand for a character.'

/** What JSON.parse says, whatever the body. */
const OF_JSON = /JSON at position \d|"(?:\.{3})? is not valid JSON$|^Unexpected end of JSON input$/
/** What decodeURIComponent and Express say of a path. */
const OF_PATH = /^URI malformed$|^Failed to decode param '/

/** @throws what the error throws where it is looked at */
function detailOf(error: object): string | undefined {
  const { name, type, message } = error as Readonly<Record<string, unknown>>
  // JSON.parse and decodeURIComponent throw these; a parser has given them a status.
  if (name === 'SyntaxError') return BROKEN_JSON
  if (name === 'URIError') return BROKEN_PATH
  // NestJS puts this in their place, with their text.
  if (name === 'BadRequestException' && typeof message === 'string') {
    if (OF_JSON.test(message)) return BROKEN_JSON
    if (OF_PATH.test(message)) return BROKEN_PATH
  }
  return typeof type === 'string' ? new Map(Object.entries(DETAILS)).get(type) : undefined
}

/**
 * What a client can be told of an error of a parser, without what it has sent, where the status says that the client is at fault. `undefined`: nothing is known of it.
 */
export function parserDetail(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  try {
    return detailOf(error)
  } catch {
    return undefined
  }
}
