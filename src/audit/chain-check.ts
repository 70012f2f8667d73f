import { createChainRoom, type ChainRoom } from './chain-room.js'
import { createChainStates, type ChainState, type ChainStates } from './chain-states.js'
import type { UnprovenRecord, ReadRecord } from './unproven-records.js'
import { CheckpointCheck, type CheckpointCheckContext } from './checkpoint-check.js'

export interface ChainCheckContext extends CheckpointCheckContext {
  /** Whether the beginning of its chain may be pruned. */
  readonly isOld: (record: UnprovenRecord) => boolean
}

/** Puts records into their chains, one after the other, and tells of those that do not fit. */
export class ChainCheck {
  readonly chains: ChainStates
  readonly checkpoints: CheckpointCheck
  readonly #context: ChainCheckContext
  readonly #room: ChainRoom

  constructor(context: ChainCheckContext) {
    this.#context = context
    this.chains = createChainStates((chain) => {
      this.breakOff(chain)
      this.#forget(chain)
    })
    this.checkpoints = new CheckpointCheck(context, this.chains)
    this.#room = createChainRoom(this.checkpoints.doubles.leave)
  }

  settle(read: ReadRecord): void {
    const { record, where } = read
    const { blame, readTo } = this.#context.tally
    readTo(read.at)
    const known = this.chains.get(record.writer)
    if (known?.ended === true && record.seq >= known.next) {
      blame('after_end', where, record)
      return
    }
    const chain = this.#place(read)
    if (chain === undefined) {
      // It has the right number, and another past: what follows it is held to it.
      if (known?.next === record.seq)
        Object.assign(known, { next: record.seq + 1, hash: record.hash })
      return
    }
    chain.next = record.seq + 1
    chain.hash = record.hash
    this.checkpoints.take(read, chain)
    this.#room.update(chain)
  }

  /** What cannot be linked to a later checkpoint stays unproven. */
  breakOff(chain: ChainState): void {
    this.checkpoints.giveUp(chain)
    this.#room.update(chain)
  }

  /** Goes back to the last checkpoint: what was placed after it was added by somebody. */
  rewind(chain: ChainState): void {
    const { overflow } = chain
    if (overflow) this.#context.tally.blame('out_of_place', overflow.where, overflow)
    chain.overflow = undefined
    this.breakOff(chain)
    this.#forget(chain)
    Object.assign(chain, chain.anchor)
  }

  /**
   * Goes on from a checkpoint to which nothing leads any more, as there was no room for all that came before it. What was added is at fault, and not the
   * chain that it names.
   */
  resume(chain: ChainState, open: readonly ReadRecord[], read: ReadRecord): void {
    this.rewind(chain)
    for (const one of open) this.checkpoints.leave(one)
    const { seq, hash } = read.record
    Object.assign(chain, { next: seq + 1, hash })
    this.checkpoints.take(read, chain)
    this.#room.update(chain)
  }

  #forget(chain: ChainState): void {
    chain.tail.clear()
    chain.gone.clear()
    this.#room.update(chain)
  }

  #isPruned({ record, signer }: ReadRecord): boolean {
    return this.#context.isOld(record) && signer === 'known'
  }

  #place(read: ReadRecord): ChainState | undefined {
    const { counts, blame } = this.#context.tally
    const { record, where } = read
    const { writer, seq, prev } = record
    const chain = this.chains.get(writer)
    if (chain === undefined) {
      const begun = this.chains.begin(writer, { next: seq, hash: prev })
      if (seq > 0 && !this.#isPruned(read)) this.#skip(begun, 0, seq, read)
      return begun
    }
    if (seq < chain.next) {
      // One that was moved was missed before; one that was doubled was not.
      if (chain.gone.delete(seq)) counts.missing -= 1
      blame('out_of_place', where, record)
      return undefined
    }
    if (seq > chain.next) {
      this.breakOff(chain)
      this.#skip(chain, chain.next, seq, read)
    } else if (prev !== chain.hash) {
      this.breakOff(chain)
      blame('broken_link', where, record)
      return undefined
    }
    return chain
  }

  #skip(chain: ChainState, from: number, to: number, { where, record, unread }: ReadRecord): void {
    const count = to - from - unread
    this.#context.tally.miss(where, record.writer, from, count)
    // Those that say nothing stand first or last among them: nobody can tell which.
    const last = count > 0 ? Math.min(to, from + this.#room.roomForGone()) : from
    for (let seq = from; seq < last; seq++) chain.gone.add(seq)
    chain.next = to
  }
}
