/** Which chain goes on for which other one. */
interface Link {
  readonly instead: string
  readonly isProven: boolean
}

export interface ChainLinks {
  readonly get: (writer: string) => Link | undefined
  /** A chain says that it goes on for another one. */
  readonly add: (writer: string, instead: string) => void
  /** A checkpoint vouches for that. */
  readonly prove: (writer: string) => void
}

/** @param most how many are remembered for which no checkpoint vouches */
export function createChainLinks(most: number): ChainLinks {
  const links = new Map<string, Link>()

  return {
    get: (writer) => links.get(writer),
    add(writer, instead) {
      // Anybody can write such a start: it takes the place of none that is proven.
      if (links.get(writer)?.isProven === true) return
      links.set(writer, { instead, isProven: false })
      if (links.size <= most) return
      for (const [name, { isProven }] of links) {
        if (isProven) continue
        links.delete(name)
        return
      }
    },
    prove(writer) {
      const link = links.get(writer)
      if (link !== undefined) links.set(writer, { ...link, isProven: true })
    },
  }
}
