import { strict as assert } from 'node:assert'
import { createChain, type UnchainedRecord } from '../../audit/chain.js'
import type { AuditEntry, AuditSink, TrailReader } from '../../audit/sink.js'
import { randomBase62 } from '../../lib/base62.js'
import type { CaseOn } from '../suite.js'

export type SinkCase = CaseOn<AuditSink>

/** A chain that no sink has seen yet, unless it is made under the name of one. */
export interface TestChain {
  readonly writer: string
  /** The next records of it. */
  next(count: number, path?: string): readonly [AuditEntry, ...AuditEntry[]]
}

/** @param writer of a chain that a sink has seen, for another one in its place */
export function newChain(writer = `api.${randomBase62(12)}`): TestChain {
  const chain = createChain(writer)
  let seq = 0
  const add = (path: string): AuditEntry => chain.add(seq++ === 0 ? start() : access(path))
  return {
    writer: chain.writer,
    next: (count, path = '/') => [add(path), ...Array.from({ length: count - 1 }, () => add(path))],
  }
}

/** Asserts that the lines of a chain are these, where the sink can be read. */
export async function assertKept(
  sink: AuditSink,
  { writer }: TestChain,
  entries: readonly AuditEntry[],
): Promise<void> {
  if (!isReader(sink)) return
  const kept: string[] = []
  for await (const { line } of sink.lines()) if (line.includes(writer)) kept.push(line)
  assert.deepEqual(
    kept,
    entries.map(({ line }) => line),
  )
}

function isReader(sink: AuditSink): sink is AuditSink & TrailReader {
  return 'lines' in sink
}

function start(): UnchainedRecord {
  return { kind: 'start', time: now(), instance: 'api', heads: [], torn: [] }
}

function access(path: string): UnchainedRecord {
  const about = { outcome: 'allowed', method: 'GET', path, requestId: randomBase62(16) } as const
  return { kind: 'access', id: randomBase62(16), time: now(), ...about }
}

function now(): string {
  return new Date().toISOString()
}
