import { createPublicKey } from 'node:crypto'
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from '@jest/globals'
import type { AuditEntry, AuditSink, TrailReader } from 'sallyport'
import { createAuditFiles, pruneAuditFiles } from 'sallyport/file'
import { createPostgresAuditSink } from 'sallyport/postgres'
import { keyIdOf } from '../../src/audit/chain.js'
import { createSchema, openIn } from '../adapters/postgres/schema.js'
import { databaseUrl } from '../services.js'
import { SIGNING } from './gates.js'
import { sealed } from './trails.js'

/** Where a trail is kept, and others may add to it. */
export interface Place {
  /** What the command is told of it. */
  readonly args: readonly string[]
  open(): AuditSink & TrailReader
  /** Adds lines as anybody can: in the file of their chain, or in one of its own, of some day; or by INSERT. */
  add(lines: readonly string[], day?: string): Promise<void>
  prune(bounds: {
    readonly before: Date
    readonly clock: () => number
    readonly publicKeys?: readonly string[]
  }): Promise<{ readonly records: number }>
}

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

function inFiles(): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-place-'))
  cleanups.push(() => {
    rmSync(directory, { recursive: true })
  })
  return Promise.resolve({
    args: [directory],
    open: () => createAuditFiles(directory),
    add(lines, day = '2030-01-07') {
      for (const line of lines) {
        const { writer } = JSON.parse(line) as { writer: string }
        const own = readdirSync(directory).find((name) => name.includes(`.${writer}.`))
        const path = join(directory, own ?? `${day}.${writer}.0001.jsonl`)
        if (own === undefined) writeFileSync(path, `${line}\n`)
        else appendFileSync(path, `${line}\n`)
      }
      return Promise.resolve()
    },
    prune: (bounds) => pruneAuditFiles(directory, bounds),
  })
}

async function inPostgres(): Promise<Place> {
  const schema = await createSchema(databaseUrl ?? '')
  const pool = await openIn(schema)
  const sink = createPostgresAuditSink(pool)
  await sink.migrate()
  cleanups.push(async () => {
    await pool.end()
    await schema.drop()
  })
  return {
    args: ['--database', schema.url],
    open: () => createPostgresAuditSink(pool),
    async add(lines) {
      for (const line of lines) {
        await schema.query('INSERT INTO sallyport_audit (line) VALUES ($1)', [line])
      }
    },
    prune: (bounds) => sink.prune(bounds),
  }
}

export const PLACES: readonly (readonly [string, () => Promise<Place>])[] = [
  ['files', inFiles],
  ...(databaseUrl === undefined ? [] : [['PostgreSQL', inPostgres] as const]),
]

const signedBy = keyIdOf(createPublicKey(SIGNING.publicKeys[0] ?? ''))

/** What seems to be a checkpoint, and was signed by nobody. */
export function unsigned(time: string, last = false): object {
  const signature = 'x'.repeat(86)
  return { kind: 'checkpoint', time, signedBy, signature, ...(last && { last: true }) }
}

/** A line that anybody can make, behind another one. */
export function behind(before: AuditEntry['record'], said: object, beyond = 1): AuditEntry {
  const { writer, seq, hash } = before
  const line = sealed({ v: 1, writer, seq: seq + beyond, prev: hash, ...said })
  return { line, record: JSON.parse(line) as AuditEntry['record'] }
}

/** A chain that anybody can make. */
export function forgedChain(writer: string, said: readonly object[]): readonly AuditEntry[] {
  const entries: AuditEntry[] = []
  for (const one of said) {
    const { seq, hash } = entries.at(-1)?.record ?? { seq: -1, hash: '' }
    const line = sealed({ v: 1, writer, seq: seq + 1, prev: hash, ...one })
    entries.push({ line, record: JSON.parse(line) as AuditEntry['record'] })
  }
  return entries
}
