import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { median } from './rounds.js'

const ROUNDS = 9
const REQUESTS = 3_000
const CLIENTS = 16

/** CPU time per request of the same server, bare and guarded, each in a process of its own. */
export async function measureServers() {
  const rows = []
  for (const framework of ['express', 'koa']) {
    const servers = await Promise.all(['bare', 'guarded'].map((kind) => start(framework, kind)))
    const costs = servers.map(() => [])
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [index, server] of servers.entries()) {
        const cost = await costOfRound(server)
        if (round > 0) costs[index].push(cost)
      }
    }
    for (const { child } of servers) child.kill()
    const [bare, guarded] = costs.map(median)
    rows.push({
      framework,
      'bare, us': round1(bare),
      'guarded, us': round1(guarded),
      'guard, us': round1(guarded - bare),
      'x bare': Number((guarded / bare).toFixed(2)),
    })
  }
  return rows
}

function round1(value) {
  return Math.round(value * 10) / 10
}

async function start(framework, kind) {
  const script = new URL('./server.js', import.meta.url)
  const child = spawn(process.execPath, [script.pathname, framework, kind], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [{ port, secret }] = await once(child, 'message')
  return { child, port, secret, agent: new Agent({ keepAlive: true, maxSockets: CLIENTS }) }
}

async function costOfRound(server) {
  const before = await cpuTime(server.child)
  let left = REQUESTS
  const client = async () => {
    while (left-- > 0) await ask(server)
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return ((await cpuTime(server.child)) - before) / REQUESTS
}

async function cpuTime(child) {
  child.send('cpu')
  const [{ user, system }] = await once(child, 'message')
  return user + system
}

function ask({ port, secret, agent }) {
  const headers = { authorization: `Bearer ${secret}` }
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', path: '/', agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
      response.resume().on('end', resolve)
    }).on('error', reject)
  })
}
