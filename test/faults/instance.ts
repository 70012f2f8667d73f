/** One instance of an API, in a process of its own: keys in PostgreSQL, tokens from them, an Express server, and a parent that tells it what to do. */
import express from 'express'
import { createGate, type KeyStore } from 'sallyport'
import { guard } from 'sallyport/express'
import { createPostgresKeyStore, openPostgres } from 'sallyport/postgres'
import type { Order, Setup } from './instances.js'
import { withFeed } from './feeds.js'

const setup = JSON.parse(process.argv[2] ?? '') as Setup
const signingKey = JSON.parse(process.argv[3] ?? '') as string
const pool = await openPostgres(setup.url)
const store: KeyStore = createPostgresKeyStore(pool)
let reads = 0
const counted: KeyStore = {
  ...store,
  findByDigest(digest) {
    reads += 1
    return store.findByDigest(digest)
  },
  findById(id) {
    reads += 1
    return store.findById(id)
  },
}
const gate = createGate({
  environment: 'live',
  keys: { prefix: 'acme', store: withFeed(counted, setup.feed) },
  scopes: [],
  tokens: { issuer: 'https://api.example.com', signingKeys: [signingKey] },
  onError: () => undefined,
})

const app = express()
app.use(guard(gate))
app.get('/', (_req, res) => {
  res.setHeader('reads', reads).json({})
})
const server = app.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined })
})
// Who is suspended would end its idle connections at the moment it goes on.
server.keepAliveTimeout = 0

process.on('message', ({ id, call, input }: Order) => {
  const made: unknown = call === 'exchange' ? gate.tokens.exchange : gate.keys[call]
  const method = made as (...input: unknown[]) => Promise<unknown>
  method(...input).then(
    (result) => process.send?.({ id, result }),
    (error: unknown) => process.send?.({ id, error: String(error) }),
  )
})
process.on('disconnect', () => {
  process.exit()
})
