import type { UnchainedRecord } from './chain.js'

/** Something that waits to be written. It is asked what it has to say when its turn comes. */
export interface PendingRecord {
  /** In which queue it waits, and as what it is counted where it is dropped. */
  readonly queue: RecordQueue
  /** About how many bytes it holds, beyond what each may. */
  readonly weight: number
  /** Of which owner it tells, or of which address where that is not known: each has a share of a full queue. Absent: the server's own. */
  readonly whose?: string | undefined
  compose(): UnchainedRecord
}

export type RecordQueue = 'allowed' | 'denied' | 'keys'
