import type { UnchainedRecord } from './chain.js'

/** Something that waits to be written. It is asked what it has to say when its turn comes. */
export interface Draft {
  /** In which queue it waits, and as what it is counted where it is dropped. */
  readonly lane: Lane
  compose(): UnchainedRecord
}

export type Lane = 'allowed' | 'denied' | 'keys'
