import type { OpenChain } from './open-chain.js'

/** Which chain gives way where there is no room: anybody can add chains, and takes no place from those that are proven. */
export interface GivingWay {
  /** A chain has other records that wait now, or a checkpoint. */
  update(chain: OpenChain): void
  /** @param current the chain that is read just now */
  next(current: OpenChain): OpenChain
}

/** @param isLarge whether a chain takes more than its share: one that is signed has a checkpoint before that */
export function createGivingWay(isLarge: (chain: OpenChain) => boolean): GivingWay {
  /** In the order in which they were read first: those that never had a checkpoint, and those that had. */
  const [loose, tails] = [createStack(isLoose), createStack(isTail)]
  let large: OpenChain | undefined

  return {
    update(chain) {
      loose.update(chain)
      tails.update(chain)
      if (isLarge(chain)) large = chain
    },
    next(current) {
      if (large !== undefined && isLarge(large)) return large
      return loose.last(current) ?? tails.last(current) ?? current
    },
  }
}

function isLoose({ links, end }: OpenChain): boolean {
  return links.size > 0 && end === undefined
}

function isTail({ links, end }: OpenChain): boolean {
  return links.size > 0 && end !== undefined
}

/** Those that are of a kind, of which the last one is found at once: it was begun when the others were there already. */
function createStack(isOfKind: (chain: OpenChain) => boolean) {
  const members = new Set<OpenChain>()
  let order: OpenChain[] = []

  return {
    update(chain: OpenChain): void {
      if (!isOfKind(chain)) members.delete(chain)
      else if (!members.has(chain)) {
        members.add(chain)
        order.push(chain)
      }
      if (order.length > 2 * members.size + 16) order = [...members]
    },
    last(except: OpenChain): OpenChain | undefined {
      while (order.length > 0 && !members.has(order.at(-1) as OpenChain)) order.pop()
      const last = order.at(-1)
      return last === except ? order.findLast((one) => one !== except && members.has(one)) : last
    },
  }
}
