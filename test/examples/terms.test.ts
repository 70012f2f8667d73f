import type { RequestListener } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import { createMemoryKeyStore, type KeyStore } from 'sallyport'
import type { Access } from 'sallyport/access'
import * as nimbusOnExpress from '../../examples/nimbus/express.js'
import { createNimbusGate, createNimbusPartners } from '../../examples/nimbus/gate.js'
import * as nimbusOnKoa from '../../examples/nimbus/koa.js'
import * as novamedOnExpress from '../../examples/novamed/express.js'
import { BAA, createNovamedGate, createNovamedPartners } from '../../examples/novamed/gate.js'
import * as novamedOnKoa from '../../examples/novamed/koa.js'
import { admitPartner, createPartners } from '../../examples/partners.js'
import { accessInMemory } from '../../examples/stores.js'
import { listen } from '../adapters/servers.js'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const OWNER = 'partner_1'
const KEY = { name: 'CI', ownerId: OWNER, environment: 'production' }

/** An API over a key store, and a key of the partner. */
interface Api {
  readonly listener: RequestListener
  readonly createKey: () => Promise<{ readonly secret: string }>
  readonly close: () => Promise<void>
}

function openNimbus(keys: KeyStore, access: Access, isKoa: boolean): Api {
  const gate = createNimbusGate({ keys }, access)
  return {
    listener: isKoa
      ? nimbusOnKoa.createKoaApp(gate).callback()
      : nimbusOnExpress.createExpressApp(gate),
    createKey: () => gate.keys.create({ ...KEY, scopes: ['orders:read'] }),
    close: () => gate.close(),
  }
}

function openNovamed(keys: KeyStore, access: Access, isKoa: boolean): Api {
  const novamed = createNovamedGate({ keys }, access)
  return {
    listener: isKoa
      ? novamedOnKoa.createKoaApp(novamed).callback()
      : novamedOnExpress.createExpressApp(novamed),
    createKey: () => novamed.gate.keys.create(KEY),
    close: () => novamed.gate.close(),
  }
}

const APIS = [
  ['nimbus', createNimbusPartners, openNimbus, 'api.nimbus-os.com/orders'],
  ['novamed', createNovamedPartners, openNovamed, 'feapi.novamed.care/api/external/practitioner'],
] as const
const CASES = APIS.flatMap((api) =>
  (['Express', 'Koa'] as const).map((on) => [...api, on] as const),
)

test.each(CASES)(
  '%s: with new terms, a partner is refused until it has accepted them',
  async (_name, createAccess, open, address, framework) => {
    const [keys, stores] = [createMemoryKeyStore(), accessInMemory()]
    const [host = ''] = address.split('/', 1)

    async function serve(access: Access) {
      const api = open(keys, access, framework === 'Koa')
      const { server, port } = await listen(api.listener)
      closing.push(api.close, () => server.close())
      const headers = { accept: 'application/json', 'content-type': 'application/json' }
      const proxied = { 'x-forwarded-proto': 'https', 'x-forwarded-host': host }
      const url = `http://127.0.0.1:${String(port)}${address.slice(host.length)}`
      const call = async (secret: string) => {
        const sent = { ...headers, ...proxied, 'x-api-key': secret }
        const answer = await fetch(url, { headers: sent })
        return [answer.status, await answer.text()]
      }
      return { ...api, call }
    }

    const known = createAccess(stores)
    await admitPartner(known, OWNER, ['production'])
    const before = await serve(known)
    const { secret } = await before.createKey()
    expect(await before.call(secret)).toEqual([200, expect.any(String)])

    const terms = { id: 'api-terms', version: '2099-01' }
    const baa = { version: BAA.version, text: BAA.text, required: false }
    const changed = createPartners(
      { terms: { 'api-terms': { version: terms.version, text: 'Other terms.' }, baa } },
      stores,
    )
    const after = await serve(changed)
    expect(await after.call(secret)).toEqual([403, expect.stringContaining('api-terms')])
    const by = { id: 'ann', ownerId: OWNER }
    await changed.agreements.accept({ ownerId: OWNER, by, terms })
    expect(await after.call(secret)).toEqual([200, expect.any(String)])
  },
)
