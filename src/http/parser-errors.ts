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
/** Of a parser whose errors have no type. */
const BY_STATUS: Readonly<Record<number, string>> = {
  413: 'The body is too large.',
  415: 'The Content-Type or the Content-Encoding of the body is not supported.',
}
const BROKEN_JSON = 'The body is not valid JSON.'
const BROKEN_PATH = 'The path has a percent sign that does not stand for a character.'

/** What a client can be told of an error of a parser, without what it has sent. @throws what the error throws where it is looked at */
function detailOf(error: object): string | undefined {
  const { name, type } = error as { readonly name?: unknown; readonly type?: unknown }
  // JSON.parse and decodeURIComponent throw these; a parser has given them a status.
  if (name === 'SyntaxError') return BROKEN_JSON
  if (name === 'URIError') return BROKEN_PATH
  return typeof type === 'string' ? new Map(Object.entries(DETAILS)).get(type) : undefined
}

/** For an error with a status that says that the client is at fault. `undefined`: nothing is known of it. */
export function parserDetail(error: unknown, status: number): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  try {
    return detailOf(error) ?? BY_STATUS[status]
  } catch {
    return BY_STATUS[status]
  }
}
