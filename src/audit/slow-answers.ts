type Act = () => void

/** An answer that its client takes slowly, or not at all. */
interface Slow {
  readonly ownerId: string
  readonly end: Act
}

/** Answers that were read and have no turn any more, and are not sent yet. Each may have a page of 32 MiB in memory. */
export interface SlowAnswers {
  /**
   * Lets an answer take its time, for as long as there is room.
   * @param end ends its connection; called where it has to give way to others, or takes too long
   * @returns what to call once the answer is sent, or nobody wants it any more
   */
  add(ownerId: string, end: Act): Act
}

/**
 * Without room for one more, the oldest answer of the owner with the most of them is ended. An owner whose clients read nothing so keeps out no other owner.
 * @param most how many there may be, of all owners together @param maxMs how long one may take, in milliseconds
 */
export function createSlowAnswers(most: number, maxMs: number): SlowAnswers {
  /** The oldest first. */
  const answers = new Set<Slow>()

  function oneOfMost(): Slow | undefined {
    const counts = new Map<string, number>()
    for (const { ownerId } of answers) counts.set(ownerId, (counts.get(ownerId) ?? 0) + 1)
    const highest = Math.max(...counts.values())
    return [...answers].find(({ ownerId }) => counts.get(ownerId) === highest)
  }

  return {
    add(ownerId, end) {
      const one: Slow = {
        ownerId,
        end() {
          leave()
          end()
        },
      }
      const leave = () => {
        clearTimeout(timer)
        answers.delete(one)
      }
      const timer = setTimeout(one.end, maxMs).unref()
      answers.add(one)
      if (answers.size > most) oneOfMost()?.end()
      return leave
    },
  }
}
