import type { Instance, Model, State } from './model.js'
import { firstState, stepsFrom } from './steps.js'

export interface Exploration {
  readonly states: number
  /** The shortest way to a violation. */
  readonly violation: readonly string[] | undefined
}

/** Breadth first through everything that can happen, in every order. */
export function explore(model: Model): Exploration {
  const start = firstState(model)
  const numbers = new Map([[nameOf(start), 0]])
  const cameFrom: (readonly [before: number, event: string])[] = [[-1, '']]
  const wayTo = (last: number) => {
    const way: string[] = []
    for (let number = last; number > 0;) {
      const [before, event] = cameFrom[number] ?? [0, '']
      way.unshift(event)
      number = before
    }
    return way
  }
  let layer = [start]
  for (let number = 0; layer.length > 0;) {
    const following: State[] = []
    for (const state of layer) {
      for (const [event, next] of stepsFrom(state, model)) {
        if (next === 'violation') {
          return { states: numbers.size, violation: [...wayTo(number), event] }
        }
        const name = nameOf(next)
        if (numbers.has(name)) continue
        numbers.set(name, numbers.size)
        cameFrom.push([number, event])
        following.push(next)
      }
      number += 1
    }
    layer = following
  }
  return { states: numbers.size, violation: undefined }
}

const names = new WeakMap<Instance, string>()

/** The same for states that differ only in the order of reads. */
function nameOf({ version, ages, unanswered, instances }: State): string {
  let name = `${String(version)}/${ages.join('')}/${unanswered.join('')}`
  for (const one of instances) {
    const known = names.get(one) ?? nameOfInstance(one)
    names.set(one, known)
    name += known
  }
  return name
}

function nameOfInstance({ entry, floor, line, queue, proof, beat, met, reads }: Instance): string {
  const beating = beat && `${beat.awaits.join('')}${beat.answered ? '!' : '?'}`
  const reading = reads
    .map(({ row, keep, open, late }) => `${String(row)}${String(+keep + 2 * +open + 4 * +late)}`)
    .sort()
    .join('.')
  return ['', entry, floor, line, queue.join(''), proof, beating, met, reading].join('/')
}
