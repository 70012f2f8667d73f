import type { KeyChanged, KeyChangeFeed, KeyChangeListener } from 'sallyport'

interface Member {
  readonly listener: KeyChangeListener
  readonly unread: KeyChanged[]
}

/** A feed that does what it is told to. */
export interface Bus {
  readonly feed: Required<KeyChangeFeed>
  /** How many listen. */
  readonly size: () => number
  /** `silent`: swallows everything without a word. `refusing`: throws. `deaf`: as `silent`, but claims to be in order. */
  mode: 'sound' | 'silent' | 'refusing' | 'deaf'
  /** While true, what is told waits, as it does for a process that is suspended. */
  holding: boolean
  /** What stands in the place of members of a change that is told. */
  spoil: object
  /** Ends all connections, with notice. */
  cut(): void
}

const never = new Promise<never>(() => undefined)

export function createBus(): Bus {
  const members = new Set<Member>()

  function read({ listener, unread }: Member): void {
    for (const change of unread.splice(0)) listener.changed(change)
  }

  /** What a call does that reaches for the other side. */
  async function reach<T>(answer: () => T): Promise<T> {
    await Promise.resolve()
    if (bus.mode === 'refusing') throw new Error('connection refused')
    return bus.mode === 'silent' ? never : answer()
  }

  const bus: Bus = {
    mode: 'sound',
    holding: false,
    spoil: {},
    size: () => members.size,
    feed: {
      listen: (listener) =>
        reach(() => {
          const member = { listener, unread: [] }
          members.add(member)
          return {
            catchUp: () =>
              reach(() => {
                read(member)
              }),
            close: () => void members.delete(member),
          }
        }),
      publish: (change) =>
        reach(() => {
          if (bus.mode === 'deaf') return
          for (const member of members) {
            member.unread.push({ ...change, ...bus.spoil })
            if (!bus.holding) read(member)
          }
        }),
    },
    cut() {
      const ended = [...members]
      members.clear()
      for (const { listener } of ended) listener.lost(new Error('connection reset'))
    },
  }
  return bus
}
