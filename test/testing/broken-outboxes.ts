import type { KeyOutbox } from 'sallyport'
import type { Broken, Fault } from './faults.js'

/** Changes what an outbox does. */
function sending(spoil: (outbox: KeyOutbox) => Partial<KeyOutbox>): Fault {
  return ({ outbox }) => ({ outbox: { ...outbox, ...spoil(outbox) } })
}

/** Events of some types are lost. */
function losing(lost: (type: string) => boolean): Fault {
  return sending((outbox) => ({
    async claim(claim) {
      const claimed = await outbox.claim(claim)
      for (const { type, seq } of claimed) if (lost(type)) await outbox.delivered(seq, claim.holder)
      return claimed.filter(({ type }) => !lost(type))
    },
  }))
}

/** Stores that keep events badly. */
export const BROKEN_OUTBOXES: readonly Broken[] = [
  ['tells nobody of disabled keys', losing((type) => type === 'key.disabled'), ['outbox-changes']],
  [
    'tells of one of several keys that are revoked together',
    (memory) => {
      const untold = new Set<string>()
      const { outbox } = memory
      return {
        updateAll(changes) {
          for (const { id } of changes.slice(1)) untold.add(id)
          return memory.updateAll(changes)
        },
        outbox: {
          ...outbox,
          async claim(claim) {
            const claimed = await outbox.claim(claim)
            const lost = claimed.filter(
              ({ subject, type }) => type === 'key.revoked' && untold.has(subject),
            )
            for (const { seq } of lost) await outbox.delivered(seq, claim.holder)
            return claimed.filter((one) => !lost.includes(one))
          },
        },
      }
    },
    ['outbox-together'],
  ],
  [
    'lets somebody end what another holds',
    sending((outbox) => {
      const holders = new Map<string, string>()
      return {
        async claim(claim) {
          const claimed = await outbox.claim(claim)
          for (const { seq } of claimed) holders.set(seq, claim.holder)
          return claimed
        },
        delivered: (seq) => outbox.delivered(seq, holders.get(seq) ?? ''),
      }
    }),
    ['outbox-order'],
  ],
  [
    'tries again at once',
    sending((outbox) => ({
      failed: (seq, holder, fault) =>
        outbox.failed(seq, holder, { ...fault, ...(fault.nextAt && { nextAt: new Date(0) }) }),
    })),
    ['outbox-faults'],
  ],
  [
    'adds what was added before',
    sending((outbox) => ({
      add: (events) => outbox.add(events.map(({ once: _, ...event }) => event)),
    })),
    ['outbox-once'],
  ],
  [
    'looks only at the subject with the most events',
    sending((outbox) => {
      const added = new Map<string, number>()
      const isCrowd = (subject: string) => (added.get(subject) ?? 0) >= 100
      return {
        add(events) {
          for (const { subject } of events) added.set(subject, (added.get(subject) ?? 0) + 1)
          return outbox.add(events)
        },
        async claim(claim) {
          const claimed = await outbox.claim(claim)
          const isCrowded = [...added.keys()].some(isCrowd)
          return claimed.filter(({ subject }) => !isCrowded || isCrowd(subject))
        },
      }
    }),
    ['outbox-crowd'],
  ],
]
