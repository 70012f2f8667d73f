/**
 * A server on a small disk of its own: `node mounted <directory> <key file>`, in a namespace of mounts where the directory is a tmpfs. Its
 * first line is its port and a secret; then it takes commands, one a line, and answers each with a line of JSON.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import express from 'express'
import { createGate, parseAuditLine, verifyTrail } from 'sallyport'
import { guard } from 'sallyport/express'
import { createAuditFiles } from 'sallyport/file'

const [directory = '', keyFile = ''] = process.argv.slice(2)
const [key = '', publicKey = ''] = readFileSync(keyFile, 'utf8').split('\0')
const filler = join(directory, 'filler')
const alarms: string[] = []
const gate = createGate({
  environment: 'live',
  keys: { prefix: 'acme' },
  scopes: [],
  audit: { sink: createAuditFiles(join(directory, 'audit')), key, instance: 'api' },
  onError: (error) => alarms.push(String(error)),
})
const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })

const app = express()
app.get('/best-effort/:id', guard(gate), (_req, res) => void res.end())
app.get('/required/:id', guard(gate, { audit: 'required' }), (_req, res) => void res.end())
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ port, secret }))
})

/** To the last byte. */
function fill(): void {
  writeFileSync(filler, '')
  for (let size = 4_096; size >= 1;) {
    try {
      appendFileSync(filler, Buffer.alloc(size))
    } catch {
      size /= 2
    }
  }
}

/** While a file is open to be written, a disk cannot be made read-only. Named in full, what it was mounted with is not asked for again. */
function remount(options: string): boolean {
  const args = ['-t', 'tmpfs', '-o', `remount,${options}`, 'none', directory]
  const mount = () => spawnSync('mount', args).status === 0
  return Array.from({ length: 100 }).some(mount)
}

/** @param rest after how many requests it waits until all is written */
async function flood(count: number, rest = Infinity): Promise<number> {
  let allowed = 0
  for (let n = 0; n < count; n++) {
    const { allowed: isAllowed } = await gate.check({
      method: 'GET',
      url: `/flood/${String(n)}`,
      rawHeaders: ['Host', 'localhost', 'Authorization', `Bearer ${secret}`],
      peer: { address: '127.0.0.1', encrypted: true, tlsVersion: 'TLSv1.3' },
    })
    if (isAllowed) allowed += 1
    // As requests do, it lets others have their turn.
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    if (n % rest === rest - 1) await gate.audit.flush()
  }
  return allowed
}

/** What became of the trail, once it is closed. */
async function report() {
  await gate.close()
  const reader = createAuditFiles(join(directory, 'audit'))
  const paths: string[] = []
  for await (const { line } of reader.lines()) {
    const record = parseAuditLine(line)
    if (record?.kind === 'access' && record.outcome === 'allowed') paths.push(record.path ?? '')
  }
  const found = await verifyTrail(reader.lines(), { publicKeys: [publicKey] })
  return { found, paths: [...new Set(paths)], alarms }
}

const COMMANDS: Record<string, () => unknown> = {
  fill,
  free: () => {
    rmSync(filler)
  },
  grow: () => remount('size=64m'),
  readonly: () => remount('ro'),
  writable: () => remount('rw'),
  flood: () => flood(12_000),
  trickle: () => flood(12_000, 1_000),
  flush: () => gate.audit.flush(),
  report,
}

for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify({ answer: (await COMMANDS[line]?.()) ?? null }))
}
process.exit()
