import { createGivingWay } from './eviction.js'
import { decide, newChain, type Decided, type OpenChain, type Told } from './open-chain.js'
import type { ChainedRecord } from './record.js'
import { isLarge, type WaitingEvents } from './waiting-events.js'

/** Records of all kinds that wait for a checkpoint, without what they say. */
const MAX_LINKS = 40_000

/** The chains of a reading, and how much of them may wait for a checkpoint. */
export interface OpenChains {
  find(writer: string): OpenChain
  /** A record waits for a checkpoint. */
  link(record: ChainedRecord, chain: OpenChain, told?: Told): void
  /** A record is a checkpoint, or leads to one. */
  decide(chain: OpenChain, record: ChainedRecord): Decided
  /** All of a line was taken in. Where more waits than may, chains give way. */
  settle(chain: OpenChain): void
}

export function createOpenChains(events: WaitingEvents): OpenChains {
  const chains = new Map<string, OpenChain>()
  const givingWay = createGivingWay(isLarge)
  let links = 0

  function file(chain: OpenChain): void {
    givingWay.update(chain)
    const isEmpty = chain.links.size === 0 && chain.waiting.size === 0
    if (isEmpty && chain.end === undefined) chains.delete(chain.writer)
  }

  /** Takes the oldest out of a chain, up to one that is an event. */
  function giveUp(chain: OpenChain): void {
    for (const [hash, { told }] of chain.links) {
      chain.links.delete(hash)
      links -= 1
      if (told === undefined) continue
      events.handOut(told)
      break
    }
    file(chain)
  }

  return {
    find(writer) {
      const chain = chains.get(writer) ?? newChain(writer)
      chains.set(writer, chain)
      return chain
    },
    link({ hash, seq, prev }, chain, told) {
      chain.links.set(hash, { seq, prev, told })
      links += 1
    },
    decide(chain, record) {
      const decided = decide(chain, record)
      links -= decided.path.length + decided.added.length
      return decided
    },
    settle(current) {
      file(current)
      while (links > MAX_LINKS) giveUp(givingWay.next(current))
      for (let oldest = events.tooMany(); oldest !== undefined; oldest = events.tooMany()) {
        const stale = givingWay.next(current)
        if (oldest.vouched || events.isFree(oldest) || stale.links.size === 0)
          events.handOut(oldest)
        else giveUp(stale)
      }
    },
  }
}
