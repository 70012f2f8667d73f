import type { CheckedAccepts } from '../core/accepts.js'
import { Refusal } from '../core/denial.js'
import type { Step } from '../core/request-context.js'
import { fieldLines, type GateRequest } from '../core/request.js'

export const checkAccepts: Step = ({ request, requirement: { mediaTypes } }) =>
  mediaTypes === undefined || request === undefined
    ? undefined
    : refuseUnaccepted(request, mediaTypes)

/** Whether a request has the types that its route takes and makes (RFC 9110 sections 8.3 and 12.5.1). */
function refuseUnaccepted(
  request: GateRequest,
  { type, accept, required }: CheckedAccepts,
): Refusal | undefined {
  const status = required ? { status: 400 } : {}
  if (type !== undefined && !hasType(request, type, required)) {
    const detail = `Send Content-Type: ${type.join(' or ')}.`
    return new Refusal('unsupported_media_type', { detail, ...status })
  }
  if (accept !== undefined && !takesOne(request, accept, required)) {
    const detail = `Send Accept: ${accept.join(' or ')}.`
    return new Refusal('not_acceptable', { detail, ...status })
  }
  return undefined
}

function hasType(request: GateRequest, types: readonly string[], required: boolean): boolean {
  const lines = fieldLines(request, 'content-type')
  if (!required && !hasBody(request)) return true
  return lines.length === 1 && types.includes(mediaTypeOf(lines[0] ?? ''))
}

/** RFC 9112 section 6.3: what has neither of these has no body; HTTP/2 needs none of them. */
function hasBody(request: GateRequest): boolean {
  const [length = '0'] = fieldLines(request, 'content-length')
  const isSent = fieldLines(request, 'transfer-encoding').length > 0 || length.trim() !== '0'
  return isSent || (fieldLines(request, 'content-type').length > 0 && !isSafe(request.method))
}

/** Their bodies mean nothing (RFC 9110 section 9.3.1), and clients send the type all the same. */
function isSafe(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'DELETE'].includes(method)
}

function takesOne(request: GateRequest, types: readonly string[], required: boolean): boolean {
  const lines = fieldLines(request, 'accept')
  const ranges = lines
    .join(',')
    .split(',')
    .filter((range) => range.trim() !== '')
  if (ranges.length === 0) return !required
  return types.some((type) => isTaken(type, ranges))
}

/** The range that names a type most closely says whether it is taken. */
function isTaken(type: string, ranges: readonly string[]): boolean {
  const [group = ''] = type.split('/')
  for (const name of [type, `${group}/*`, '*/*']) {
    const range = ranges.find((each) => mediaTypeOf(each) === name)
    if (range !== undefined) return !/;\s*q\s*=\s*0(?:\.0*)?\s*(?:;|$)/i.test(range)
  }
  return false
}

function mediaTypeOf(text: string): string {
  return (text.split(';', 1)[0] ?? '').trim().toLowerCase()
}
