import { Refusal, isRefusal } from '../../core/denial.js'
import { fieldLines } from '../../core/request.js'
import {
  invalid,
  isJsonType,
  isTooLarge,
  readBytes,
  type EndpointRequest,
} from '../../http/body.js'
import { readStrictJson } from '../../jwt/strict-json.js'

/** Parameters of a request to an OAuth endpoint. One without a value counts as one that is not there (RFC 6749 section 3.2). */
export interface Form {
  readonly get: (name: string) => string | undefined
  /** Of a parameter that may be there several times. */
  readonly all: (name: string) => readonly string[]
  /** Whether there is something that no OAuth endpoint asks for. */
  readonly hasOthers: boolean
}

/** RFC 8693 section 2.1: these may be repeated, and no others may. */
const REPEATABLE = ['resource', 'audience']
const FORM_MEDIA_TYPE = /^application\/x-www-form-urlencoded\s*(?:;\s*charset="?utf-8"?\s*)?$/i
const UNSUPPORTED = new Refusal('unsupported_media_type', {
  detail:
    'Send a form or JSON, with Content-Type: application/x-www-form-urlencoded or application/json.',
})

type Values = ReadonlyMap<string, readonly string[]>

/** The parameters in the body: a form, as RFC 6749 has it, or a JSON object, where `scope` may be a list. An empty body has none. */
export async function readForm(call: EndpointRequest): Promise<Form | Refusal> {
  if (isTooLarge(call)) return new Refusal('body_too_large')
  const values =
    call.parsed === undefined ? await read(call) : readObject(call.parsed, isJson(call))
  if (isRefusal(values)) return values
  const hasOthers = [...values.keys()].some((name) => !PARAMETERS.has(name))
  const repeated = [...values].find(([name, all]) => all.length > 1 && !REPEATABLE.includes(name))
  if (repeated !== undefined) return invalid('A parameter is there more than once.')
  const all = (name: string) => (values.get(name) ?? []).filter((value) => value !== '')
  return { all, get: (name) => all(name)[0], hasOthers }
}

async function read(call: EndpointRequest): Promise<Values | Refusal> {
  const bytes = await readBytes(call.stream)
  if (isRefusal(bytes)) return bytes
  if (bytes.length === 0) return new Map()
  if (isJson(call)) {
    const object = readStrictJson(bytes)
    return object === undefined
      ? invalid('The body is not a JSON object.')
      : readObject(object, true)
  }
  if (!FORM_MEDIA_TYPE.test(typeOf(call))) return UNSUPPORTED
  try {
    return readText(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return invalid('The form is not written in UTF-8.')
  }
}

function readText(text: string): Values {
  const parameters = new URLSearchParams(text)
  const values = new Map<string, string[]>()
  for (const [name, value] of parameters) {
    const before = values.get(name)
    if (before === undefined) values.set(name, [value])
    else before.push(value)
  }
  return values
}

/** What JSON has, or what a body parser before us has made of a form: there, a list is a parameter that was repeated. */
function readObject(given: unknown, isJson: boolean): Values | Refusal {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return invalid('The body must be an object.')
  }
  const values = new Map<string, string[]>()
  for (const [name, value] of Object.entries(given)) {
    const all: unknown[] = Array.isArray(value) ? value : [value]
    // What nobody asks for may be of any type.
    if (isJson && !PARAMETERS.has(name)) values.set(name, [])
    else if (!all.every((one) => typeof one === 'string'))
      return invalid(`'${name}' must be a text.`)
    // A list with nothing in it asks for no scope; a text with nothing in it is as if it was not there.
    else if (isJson && name === 'scope' && Array.isArray(value))
      values.set(name, [all.join(' ') || ' '])
    else values.set(name, all)
  }
  return values
}

const PARAMETERS = new Set([
  ...['grant_type', 'scope', 'client_id', 'client_secret', 'client_assertion', 'assertion'],
  ...['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type'],
  ...['requested_token_type', 'resource', 'audience', 'token', 'token_type_hint'],
])

function isJson(call: EndpointRequest): boolean {
  return isJsonType(typeOf(call))
}

function typeOf({ request }: EndpointRequest): string {
  return fieldLines(request, 'content-type')[0] ?? ''
}
