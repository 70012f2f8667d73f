import type { ChainState } from './chain-states.js'
import type { ChainedEvent } from './duplicates.js'
import { FairRoom, type RoomRules } from '../lib/fair-room.js'

/** Of so many events that no checkpoint vouches for so far, and of so many of one chain: checkpoints come after at most 1,000 records. */
const MAX_EVENTS = 200_000
const MAX_OF_CHAIN = 8_000
/** So much of the chain that is read just now gives way to no other. */
const SAFE = 4_000
/** Of so many that no checkpoint vouches for, the hashes are remembered. */
const MAX_TAIL = 100_000
/** Of so many that are missing, it is remembered which: they may turn up elsewhere. */
const MAX_GONE = 100_000

/** What is remembered of the records of chains. Anybody can add chains: those with most give way, and those that a checkpoint vouches for come last. */
export interface ChainRoom {
  /** A chain has more or less to be remembered than before. */
  readonly update: (chain: ChainState) => void
  /** Of so many that are missing next, it may be remembered which. */
  readonly roomForGone: () => number
}

/** @param leave called with an event before it is forgotten */
export function createChainRoom(leave: (event: ChainedEvent) => void): ChainRoom {
  const isPreferred = ({ anchor }: ChainState) => anchor.next > 0
  const roomFor = (rules: Pick<RoomRules<ChainState>, 'most' | 'sizeOf' | 'letGo'>) =>
    new FairRoom({ ...rules, isPreferred, safe: SAFE })
  const goneRoom = roomFor({
    most: MAX_GONE,
    sizeOf: ({ gone }) => gone.size,
    letGo: ({ gone }) => {
      forgetHalf(gone)
    },
  })
  const rooms = [
    roomFor({
      most: MAX_EVENTS,
      sizeOf: ({ events }) => events.length,
      letGo: leaveHalf,
    }),
    roomFor({
      most: MAX_TAIL,
      sizeOf: ({ tail }) => tail.size,
      letGo: ({ tail }) => {
        forgetHalf(tail)
      },
    }),
    goneRoom,
  ]

  function leaveHalf({ events }: ChainState): void {
    events.splice(0, Math.ceil(events.length / 2)).forEach(leave)
  }

  return {
    update(chain) {
      if (chain.events.length > MAX_OF_CHAIN) leaveHalf(chain)
      for (const room of rooms) room.update(chain)
    },
    roomForGone: () => Math.max(goneRoom.left, SAFE),
  }
}

/** The oldest half: how a chain ends is seen by more. */
function forgetHalf(of: Set<number> | Map<number, string>): void {
  let left = Math.ceil(of.size / 2)
  for (const one of of.keys()) {
    if (left-- <= 0) return
    of.delete(one)
  }
}
