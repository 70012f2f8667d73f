import type { AuditEntry, SinkState, AuditSink, TrailReader } from 'sallyport'

/** A sink in memory, as it should be. */
export interface MemorySink extends AuditSink, TrailReader {
  write(entries: readonly AuditEntry[]): void
  state(): SinkState
}

export function memorySink(): MemorySink {
  const chains = new Map<string, AuditEntry[]>()
  return {
    write(entries) {
      for (const entry of entries) {
        const { writer, seq } = entry.record
        const chain = chains.get(writer) ?? []
        chains.set(writer, chain)
        const kept = chain[seq]
        if (kept === undefined) chain.push(entry)
        else if (kept.line !== entry.line) throw new Error('The place is taken.')
      }
    },
    state: () => ({
      heads: [...chains.values()].slice(-64).flatMap((chain) => {
        const record = chain.at(-1)?.record
        return record ? { writer: record.writer, seq: record.seq, hash: record.hash } : []
      }),
      torn: [],
    }),
    async *lines() {
      for (const { line } of [...chains.values()].flat()) {
        await Promise.resolve()
        yield { line, where: 'memory' }
      }
    },
  }
}

/** What a sink does wrong. */
type Fault = (memory: MemorySink) => Partial<MemorySink> | readonly [MemorySink, MemorySink]

/** A fault, and the cases that find it. */
export type BrokenSink = readonly [name: string, fault: Fault, found: readonly string[]]

export function breakSink(fault: Fault): MemorySink | readonly [MemorySink, MemorySink] {
  const memory = memorySink()
  const broken = fault(memory)
  return 0 in broken ? broken : { ...memory, ...broken }
}

/** Changes what is read. */
function reading(spoil: (lines: readonly string[]) => readonly string[]): Fault {
  return (memory) => ({
    async *lines() {
      const lines: string[] = []
      for await (const { line } of memory.lines()) lines.push(line)
      for (const line of spoil(lines)) yield { line, where: 'memory' }
    },
  })
}

/** Changes what is written. */
function writing(spoil: (entries: readonly AuditEntry[]) => readonly AuditEntry[]): Fault {
  return (memory) => ({
    write: (entries) => {
      memory.write(spoil(entries))
    },
  })
}

/** What it throws is told to nobody. */
function silenced(write: () => void): void {
  try {
    write()
  } catch {
    // It has been acknowledged.
  }
}

const WRITTEN = [
  'keeps-order',
  'keeps-bytes',
  'again',
  'place-taken',
  'nothing',
  'chains-apart',
  'handles',
]

/** Sinks that do not keep a trail. */
export const BROKEN_SINKS: readonly BrokenSink[] = [
  ['keeps nothing', writing(() => []), [...WRITTEN, 'state-ends', 'state-latest']],
  ['keeps a thousand of a call', writing((entries) => entries.slice(0, 1_000)), ['keeps-order']],
  [
    'reads the latest first',
    reading((lines) => lines.toReversed()),
    ['keeps-order', 'keeps-bytes', 'again', 'place-taken', 'chains-apart', 'handles'],
  ],
  [
    'writes records anew from what they say',
    reading((lines) => lines.map((line) => JSON.stringify(JSON.parse(line)))),
    ['keeps-bytes'],
  ],
  [
    'cuts what is long',
    reading((lines) => lines.map((line) => line.slice(0, 65_536))),
    ['keeps-bytes'],
  ],
  [
    'keeps what is written again twice',
    () => {
      const all: string[] = []
      return {
        write: (entries) => void all.push(...entries.map(({ line }) => line)),
        async *lines() {
          for (const line of all) {
            await Promise.resolve()
            yield { line, where: 'memory' }
          }
        },
        state: () => ({ heads: [], torn: [] }),
      }
    },
    ['again', 'place-taken', 'state-ends', 'state-latest'],
  ],
  [
    'takes all of a call for known when its first record is',
    (memory) => {
      const seen = new Set<string>()
      return {
        write(entries) {
          const known = entries[0] !== undefined && seen.has(entries[0].line)
          for (const { line } of entries) seen.add(line)
          if (!known) memory.write(entries)
        },
      }
    },
    ['again', 'place-taken'],
  ],
  [
    'takes another record for one that it has',
    (memory) => ({
      write(entries) {
        silenced(() => {
          memory.write(entries)
        })
      },
    }),
    ['place-taken'],
  ],
  [
    'puts another record in the place of one that it has',
    (memory) => {
      const lines = new Map<string, string>()
      return {
        write(entries) {
          for (const { record, line } of entries) {
            lines.set(`${record.writer} ${String(record.seq)}`, line)
          }
          silenced(() => {
            memory.write(entries)
          })
        },
        async *lines() {
          for (const line of lines.values()) {
            await Promise.resolve()
            yield { line, where: 'memory' }
          }
        },
      }
    },
    ['place-taken'],
  ],
  [
    'cannot write nothing',
    (memory) => ({
      write(entries) {
        if (entries.length === 0) throw new Error('nothing')
        memory.write(entries)
      },
    }),
    ['nothing'],
  ],
  [
    'has one writer in each call',
    writing((entries) =>
      entries.filter(({ record }) => record.writer === entries[0]?.record.writer),
    ),
    ['chains-apart'],
  ],
  [
    'acknowledges before it has written',
    (memory) => ({
      write(entries) {
        setImmediate(silenced, () => {
          memory.write(entries)
        })
      },
    }),
    [...WRITTEN, 'state-ends'],
  ],
  [
    'has a trail of its own in each process',
    (memory) => [memory, memorySink()],
    ['chains-apart', 'handles', 'state-ends'],
  ],
  [
    'says how chains begin',
    (memory) => ({
      state: () => ({
        heads: memory.state().heads.map((head) => ({ ...head, seq: 0 })),
        torn: [],
      }),
    }),
    ['state-ends'],
  ],
  [
    'forgets hashes',
    (memory) => ({
      state: () => ({
        heads: memory.state().heads.map((head) => ({ ...head, hash: '' })),
        torn: [],
      }),
    }),
    ['state-ends', 'state-latest'],
  ],
  [
    'tells of the first 64 chains',
    (memory) => {
      const writers = new Set<string>()
      return {
        write(entries) {
          for (const { record } of entries) if (writers.size < 64) writers.add(record.writer)
          memory.write(entries)
        },
        state: () => ({
          heads: memory.state().heads.filter(({ writer }) => writers.has(writer)),
          torn: [],
        }),
      }
    },
    ['state-latest'],
  ],
]
