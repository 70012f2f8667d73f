/**
 * Prints what the audit trail adds to a decision in mode `best-effort`, what it costs when the answer is out and when records are written, and what
 * mode `required` lets through on the disk of `TMPDIR`, beside what an fsync takes there.
 */
import { mkdtempSync, promises as fs, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createAuditFiles } from '../dist/file.js'
import { createGate } from '../dist/index.js'
import { median } from './rounds.js'

/** As many as come within the 20 ms that records wait, at 10,000 requests in a second. */
const CALLS = 200
const ROUNDS = 500
const CLIENTS = 64
const SECONDS = 5

console.log(`Node ${process.version}; medians of alternating rounds\n`)
console.table(await measureBestEffort())
const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
try {
  console.table([await measureRequired(directory)])
} finally {
  rmSync(directory, { recursive: true })
}

function optionsWith(audit) {
  const options = { environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] }
  return audit === undefined ? options : { ...options, audit }
}

async function openGate(audit) {
  const gate = createGate(optionsWith(audit))
  const { secret } = await gate.keys.create({
    ...{ name: 'Bench', ownerId: 'org_1', scopes: ['read:orders'] },
  })
  const headers = {
    ...{ Host: 'api.example.com', Connection: 'keep-alive', 'User-Agent': 'bench/1.0' },
    ...{ Accept: 'application/json', 'Accept-Encoding': 'gzip, br', 'Accept-Language': 'en' },
    Authorization: `Bearer ${secret}`,
  }
  const request = () => {
    let close
    const response = {
      statusCode: 200,
      writableFinished: true,
      once: (_event, listener) => (close = listener),
    }
    const given = {
      ...{ method: 'GET', url: '/v1/orders?limit=20', rawHeaders: Object.entries(headers).flat() },
      peer: { address: '203.0.113.9', encrypted: true, tlsVersion: 'TLSv1.3' },
      response,
    }
    return { given, answer: () => close?.() }
  }
  return { gate, request, requirement: gate.requirement({ scopes: ['read:orders'] }) }
}

/** CPU time; the requests are made beforehand. */
async function measureBestEffort() {
  const sides = {
    'without a trail': await openGate(undefined),
    'best-effort': await openGate({ sink: { write: () => undefined } }),
  }
  const costs = new Map(Object.keys(sides).map((name) => [name, { now: [], after: [], later: [] }]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, { gate, request, requirement }] of Object.entries(sides)) {
      const requests = Array.from({ length: CALLS }, request)
      // What an adapter reads, and with it the request id.
      const now = cpuOf(() => {
        for (const { given } of requests) gate.check(given, requirement).headers
      })
      const after = cpuOf(() => {
        for (const { answer } of requests) answer()
      })
      const start = process.cpuUsage()
      await gate.audit.flush()
      const { user, system } = process.cpuUsage(start)
      if (round === 0) continue
      costs.get(name).now.push(now)
      costs.get(name).after.push(after)
      costs.get(name).later.push(((user + system) * 1_000) / CALLS)
    }
  }
  const floor = median(costs.get('without a trail').now)
  return [...costs].map(([name, { now, after, later }]) => ({
    mode: name,
    'ns to decide': Math.round(median(now)),
    'added, ns': Math.round(median(now) - floor),
    'ns when it is answered': Math.round(median(after)),
    'ns later': Math.round(median(later)),
    aim: name === 'best-effort' ? 'added <= 1,500' : '',
  }))
}

function cpuOf(run) {
  const start = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1_000) / CALLS
}

async function measureRequired(directory) {
  const fsync = await measureFsync(directory)
  const sink = createAuditFiles(directory)
  const { gate, request, requirement } = await openGate({ sink, mode: 'required' })
  const took = []
  const end = performance.now() + SECONDS * 1_000
  let denied = 0
  const client = async () => {
    while (performance.now() < end) {
      const start = performance.now()
      const { given, answer } = request()
      if (!(await gate.check(given, requirement)).allowed) denied += 1
      answer()
      took.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  await gate.close()
  took.sort((a, b) => a - b)
  return {
    'mode required': `${CLIENTS} at a time`,
    'requests/s': Math.round(took.length / SECONDS),
    'p50, ms': round1(median(took)),
    'p99, ms': round1(took[Math.floor(took.length * 0.99)]),
    denied,
    'fdatasync alone, ms': round1(fsync),
    aim: '>= 5,000/s, p99 <= 25 ms',
  }
}

/** Of as many bytes as a group of records has. */
async function measureFsync(directory) {
  const handle = await fs.open(join(directory, 'fsync'), 'a')
  const took = []
  for (let round = 0; round < 200; round++) {
    await handle.write(Buffer.alloc(32_768))
    const start = performance.now()
    await handle.datasync()
    took.push(performance.now() - start)
  }
  await handle.close()
  return median(took)
}

function round1(value) {
  return Math.round(value * 10) / 10
}
