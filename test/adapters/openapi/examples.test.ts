import { generateKeyPairSync } from 'node:crypto'
import { afterEach, expect, test } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import { createMemoryLimitStore } from 'sallyport'
import type { OpenApiDocument, PostmanCollection } from 'sallyport/openapi'
import { openHealthcloud } from '../../../examples/healthcloud/index.js'
import { openHealthsync } from '../../../examples/healthsync/index.js'
import { openNimbus } from '../../../examples/nimbus/index.js'
import { openNovamed } from '../../../examples/novamed/index.js'
import { NOWHERE } from '../../../examples/place.js'
import { openReference } from '../../../examples/reference/index.js'
import { openStores } from '../../../examples/stores.js'
import { firstOf } from '../../dose.js'
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
const PEM = { type: 'pkcs8', format: 'pem' } as const
const PRIVATE_KEYS = {
  ed25519: String(generateKeyPairSync('ed25519').privateKey.export(PEM)),
  rsa: String(generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export(PEM)),
}
const PROXIED = { 'x-forwarded-proto': 'https' }

const validator = new Validator()
const endings: (() => unknown)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

test.each(firstOf(3, EXAMPLES))('%s says what it answers', async (_name, open, user, manager) => {
  const stores = await openStores(':memory:')
  const system = await open({
    ...{ ...stores, limits: createMemoryLimitStore(), audit: NOWHERE },
    ...{ notify: () => undefined, console: {}, close: () => Promise.resolve() },
    privateKey: (_, type = 'ed25519') => PRIVATE_KEYS[type],
  })
  endings.push(stores.close)
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
    const ran = await runCollection(collection, {
      ...{ baseUrl, headers: PROXIED },
      keyOf(name) {
        const caller = /key|token|usage|audit/.test(name) ? manager : (OTHERS[name] ?? user)
        return system.credentials[caller] ?? ''
      },
    })
    expect(ran.filter(({ example }) => example).length).toBeGreaterThan(1)
    for (const { name, status, body, example } of ran) {
      // Of the log, nothing is kept here: its own tests say what is in it.
      if (example === undefined || /audit log|summary of a week/.test(name)) continue
      expect([name, status, shapeOf(body, example.body)]).toEqual([
        ...[name, example.status, shapeOf(example.body, example.body)],
      ])
    }
  }
  expect(documents[0]).toEqual(documents[1])
})
