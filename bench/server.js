/** A server to be measured: `node server.js <express|koa> <bare|guarded>`. It tells its CPU time when asked. */
import { createServer } from 'node:http'
import express from 'express'
import Koa from 'koa'
import * as onExpress from '../dist/express.js'
import { createGate } from '../dist/index.js'
import * as onKoa from '../dist/koa.js'

const [framework, kind] = process.argv.slice(2)
const guarded = kind === 'guarded'
const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] })
const { secret } = await gate.keys.create({
  name: 'Bench',
  ownerId: 'org_1',
  scopes: ['read:orders'],
})
const requirement = { scopes: ['read:orders'] }

const server = createServer(framework === 'express' ? expressApp() : koaApp())
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, secret }))
process.on('message', () => process.send(process.cpuUsage()))

function expressApp() {
  const app = express()
  if (guarded) app.use(onExpress.guard(gate, requirement))
  return app.get('/', (_req, res) => res.json({ hello: 'world' }))
}

function koaApp() {
  const app = new Koa()
  if (guarded) app.use(onKoa.guard(gate, requirement))
  return app.use((ctx) => (ctx.body = { hello: 'world' })).callback()
}
