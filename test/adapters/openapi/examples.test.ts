import { afterEach, expect, test } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import { createMemoryKeyStore, createMemoryLimitStore } from 'sallyport'
import type { OpenApiDocument, PostmanCollection } from 'sallyport/openapi'
import { openHealthcloud } from '../../../examples/healthcloud/index.js'
import { openHealthsync } from '../../../examples/healthsync/index.js'
import { openNimbus } from '../../../examples/nimbus/index.js'
import { openNovamed } from '../../../examples/novamed/index.js'
import { NOWHERE } from '../../../examples/place.js'
import { openReference } from '../../../examples/reference/index.js'
import { listen } from '../servers.js'
import { runCollection, shapeOf } from './collection.js'

/** Each API, and whose key a request has; without `keys`, that of the first. */
const EXAMPLES = [
  ['healthcloud', openHealthcloud, 'live', 'admin'],
  ['healthsync', openHealthsync, 'enterprise', 'developer'],
  ['nimbus', openNimbus, 'sandbox', 'admin'],
  ['novamed', openNovamed, 'clinicA', 'clinicA'],
  ['reference', openReference, 'free', 'free'],
] as const
/** Requests that need another key. */
const OTHERS: Readonly<Record<string, string>> = { 'Read the catalog': 'reader' }
const PROXIED = { 'x-forwarded-proto': 'https' }

const validator = new Validator()
const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

test.each(EXAMPLES)('%s says what it answers', async (_name, open, user, manager) => {
  const place = {
    ...{ keys: createMemoryKeyStore(), limits: createMemoryLimitStore(), audit: NOWHERE },
    close: () => Promise.resolve(),
  }
  const system = await open(place)
  endings.push(system.close)
  const documents: unknown[] = []
  for (const app of [system.koa(), system.express()]) {
    const { server, port } = await listen(app)
    endings.push(() => server.close())
    const baseUrl = `http://127.0.0.1:${String(port)}`
    const read = async (path: string) => (await fetch(baseUrl + path, { headers: PROXIED })).json()
    const document = (await read('/openapi.json')) as OpenApiDocument
    expect(await validator.validate(document)).toMatchObject({ valid: true })
    documents.push(document)
    // Its last request ends the key of the manager.
    if (documents.length === 1) continue
    const collection = (await read('/postman.json')) as PostmanCollection
    const ran = await runCollection(
      collection,
      (name) => {
        const caller = /key|token/.test(name) ? manager : (OTHERS[name] ?? user)
        return { baseUrl, apiKey: system.credentials[caller] ?? '' }
      },
      PROXIED,
    )
    expect(ran.filter(({ example }) => example).length).toBeGreaterThan(1)
    for (const { name, status, body, example } of ran) {
      if (example === undefined) continue
      expect([name, status, shapeOf(body, example.body)]).toEqual([
        ...[name, example.status, shapeOf(example.body, example.body)],
      ])
    }
  }
  expect(documents[0]).toEqual(documents[1])
})
