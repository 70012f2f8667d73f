import { runInNewContext } from 'node:vm'
import { Collection, Request, type Item } from 'postman-collection'

/** What a request of a collection came to, and what its example says. */
export interface Ran {
  readonly name: string
  readonly status: number
  readonly body: unknown
  /** Absent where the collection has none. */
  readonly example: { readonly status: number; readonly body: unknown } | undefined
}

/**
 * Runs a collection as Postman does: by its own SDK, with its variables, and with the scripts behind its requests.
 * @param valuesOf variables for a request, such as `apiKey`
 */
export async function runCollection(
  definition: object,
  valuesOf: (request: string) => Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly Ran[]> {
  const collection = new Collection(definition)
  const items: Item[] = []
  collection.forEachItem((item) => items.push(item))
  const ran: Ran[] = []
  const kept: Record<string, string> = {}
  for (const item of items) {
    const { name, request, responses, events } = item
    const variables = { ...collection.variables.syncToObject(), ...kept, ...valuesOf(name) }
    const whole = new Request(
      request.toObjectResolved(null, [variables], { ignoreOwnVariables: true }),
    )
    const { method, body } = whole
    const answer = await fetch(whole.url.toString(), {
      ...{ method, headers: { ...whole.getHeaders(), ...headers } },
      ...(body && { body: body.toString() }),
    })
    const text = await answer.text()
    const [example] = responses.all()
    ran.push({
      ...{ name, status: answer.status, body: parsed(text) },
      example: example && { status: example.code, body: parsed(example.body) },
    })
    const pm = {
      response: { json: () => parsed(text) },
      collectionVariables: {
        set(key: string, value: string) {
          kept[key] = value
        },
      },
    }
    for (const { script } of events.all()) runInNewContext(script.toSource(), { pm })
  }
  return ran
}

function parsed(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text)
}

/** What a value is made of: an example says no more of an answer than this. */
export function shapeOf(value: unknown, like: unknown): unknown {
  if (Array.isArray(like) && like.length === 0) return []
  if (Array.isArray(value)) return value.slice(0, 1).map((one) => shapeOf(one, [like].flat()[0]))
  if (typeof value !== 'object' || value === null) return typeof value
  const names = Object.keys(typeof like === 'object' && like !== null ? like : value)
  return Object.fromEntries(
    names.map((name) => [name, shapeOf(Reflect.get(value, name), like && Reflect.get(like, name))]),
  )
}
