import type { ChainState, ChainStates } from './chain-states.js'
import { chainedEventsIn, createDoubles } from './duplicates.js'
import { createStartRecords } from './start-records.js'
import type { ReadRecord } from './unproven-records.js'
import type { Tally } from './trail-report.js'

export interface CheckpointCheckContext {
  readonly tally: Tally
  /** Public keys were given. Without, every checkpoint counts, and proves nothing. */
  readonly isKeyed: boolean
}

/** What checkpoints vouch for, among the records that have a place in their chains. */
export class CheckpointCheck {
  readonly starts = createStartRecords()
  readonly doubles = createDoubles()
  /** Whether a checkpoint vouches for anything here. */
  isVouched = false
  readonly #context: CheckpointCheckContext
  readonly #chains: Pick<ChainStates, 'keep'>

  constructor(context: CheckpointCheckContext, chains: Pick<ChainStates, 'keep'>) {
    this.#context = context
    this.#chains = chains
  }

  /** Takes a record that has got its place. */
  take(read: ReadRecord, chain: ChainState): void {
    const { record } = read
    const { counts } = this.#context.tally
    this.#remember(read, chain)
    if (record.kind === 'gap') counts.dropped += record.allowed + record.denied + record.keys
    chain.tail.set(record.seq, record.hash)
    if (record.kind === 'checkpoint') this.#takeCheckpoint(read, chain, record.last === true)
    else chain.open += 1
  }

  #remember(read: ReadRecord, chain: ChainState): void {
    const { record, where } = read
    if (record.kind === 'start') {
      chain.start = { ...record, where, isProven: false }
      this.starts.add(chain.start)
      if (record.instead) this.doubles.link(record.writer, record.instead.writer)
    }
    chain.events.push(...chainedEventsIn(read))
  }

  #takeCheckpoint({ record, signer, where }: ReadRecord, chain: ChainState, isLast: boolean): void {
    const { tally, isKeyed } = this.#context
    const { counts, blame } = tally
    if (signer === 'known') {
      counts.valid += chain.open + 1
      chain.open = 0
      chain.tail.clear()
    } else if (isKeyed) {
      blame(signer === 'forged' ? 'badly_signed' : 'unknown_signer', where, record)
      return
    } else chain.open += 1
    // Without keys nothing is proven; and what a checkpoint stands behind still comes before what has none.
    this.#prove(chain)
    this.#chains.keep(record.writer)
    tally.vouch(record.writer, where)
    chain.anchor = { next: chain.next, hash: chain.hash }
    chain.ended = isLast
  }

  #prove(chain: ChainState): void {
    this.isVouched = true
    chain.events.splice(0).forEach(this.doubles.prove)
    if (chain.start === undefined) return
    chain.start.isProven = true
    this.doubles.proveLink(chain.start.writer)
    chain.start = undefined
  }

  /** No checkpoint will vouch for what a chain has had since the last one. */
  giveUp(chain: ChainState): void {
    this.#context.tally.counts.unproven += chain.open
    chain.open = 0
    chain.events.splice(0).forEach(this.doubles.leave)
    chain.start = undefined
  }

  /** No checkpoint will vouch for a record that has no place. */
  leave(read: ReadRecord): void {
    this.#context.tally.counts.unproven += 1
    chainedEventsIn(read).forEach(this.doubles.leave)
  }
}
