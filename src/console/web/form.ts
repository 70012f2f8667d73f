import { isRefusal } from '../../core/denial.js'
import { fieldLines } from '../../core/request.js'
import { isTooLarge, readBytes, type EndpointRequest } from '../../http/body.js'
import { Problem } from '../kit/problem.js'

/** The hidden field with the form token. */
export const TOKEN_FIELD = 'form_token'

/** The hidden field of a form that is sent again after it was acted on, with an outcome that nobody knows. */
export const AGAIN_FIELD = 'again'

/** The fields of a form, and whether each may be sent more than once, such as check boxes. */
export type Fields = Readonly<Record<string, 'one' | 'many'>>

/** What was sent. A text has `\n` for all ends of lines, and no white space around it. */
export interface Form {
  /** `''` where it was not sent. */
  get(name: string): string
  all(name: string): readonly string[]
}

/** Of pages that are shown before anything was typed. */
export const EMPTY_FORM: Form = { get: () => '', all: () => [] }

/** The same form, to be sent again after it was acted on, where it takes this. */
export function againOf(form: Form, fields: Fields): Form {
  if (!(AGAIN_FIELD in fields)) return form
  return { ...form, all: (name) => (name === AGAIN_FIELD ? ['1'] : form.all(name)) }
}

const FORM_MEDIA_TYPE = /^application\/x-www-form-urlencoded\s*(?:;\s*charset="?utf-8"?\s*)?$/i

/** @throws {Problem} 413, 415, and 400 for a field that is not known or was sent twice */
export async function readForm(call: EndpointRequest, fields: Fields): Promise<Form> {
  if (isTooLarge(call)) throw new Problem(413)
  const [type = ''] = fieldLines(call.request, 'content-type')
  // What is on the wire is read to its end all the same: a browser that is still sending would not hear the answer.
  const sent = call.parsed === undefined ? await readText(call) : fieldsOf(call.parsed)
  if (!FORM_MEDIA_TYPE.test(type)) throw new Problem(415)
  const values = new Map<string, string[]>()
  for (const [name, value] of sent) {
    const kind = name === TOKEN_FIELD ? 'one' : Object.hasOwn(fields, name) && fields[name]
    const before = values.get(name)
    if (!kind || (kind === 'one' && before !== undefined)) throw new Problem(400)
    const text = value.replace(/\r\n?/g, '\n').trim()
    if (before === undefined) values.set(name, [text])
    else before.push(text)
  }
  return {
    get: (name) => values.get(name)?.[0] ?? '',
    all: (name) => (values.get(name) ?? []).filter((text) => text !== ''),
  }
}

async function readText(call: EndpointRequest): Promise<Iterable<[string, string]>> {
  const bytes = await readBytes(call.stream)
  if (isRefusal(bytes)) throw new Problem(bytes.reason === 'body_too_large' ? 413 : 400)
  try {
    return new URLSearchParams(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new Problem(400)
  }
}

/** What a body parser before us has made of it: a list is a field that was sent several times. */
function fieldsOf(parsed: unknown): [string, string][] {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Problem(415)
  return Object.entries(parsed).flatMap(([name, value]) =>
    [value as unknown].flat().map((one): [string, string] => {
      if (typeof one !== 'string') throw new Problem(400)
      return [name, one]
    }),
  )
}
