import type { Instance, Model, Protection, Read, State, Version } from './model.js'

/** After a tick without proof, nothing that is remembered is used; a change that is older is in force everywhere. */
const PROOF = 1
/** What is never told is seen when what is remembered ends, which is not part of the model. */
const UNTOLD = -1

/** What can happen, and what is then; or what is wrong with it. */
type Step = readonly [event: string, next: State | 'violation']

const NOBODY: Instance = {
  entry: 0,
  floor: 0,
  reads: [],
  line: 'off',
  queue: [],
  proof: PROOF,
  beat: undefined,
  met: 0,
}

export function firstState({ reads }: Model): State {
  return {
    version: 1,
    ages: [],
    unanswered: [],
    instances: reads.map(() => NOBODY),
  }
}

/** Everything that can happen next. */
export function stepsFrom(state: State, model: Model): Step[] {
  const has = (protection: Protection) => model.without !== protection
  const steps: Step[] = []

  /** One instance of the next state is another. */
  const put = (
    event: string,
    at: number,
    next: Instance | 'violation',
    more: Partial<State> = {},
  ) => {
    const instances = state.instances.map((one, index) =>
      index === at && next !== 'violation' ? next : one,
    )
    const name = `${event} at ${String(at)}`
    steps.push([name, next === 'violation' ? next : { ...state, instances, ...more }])
  }

  /** The version that a request which begins now must see at least. */
  const dueAt = ({ met }: Instance) =>
    Math.max(met, 1, ...state.ages.map((age, index) => (age >= PROOF ? index + 2 : 0)))

  function request(one: Instance, at: number): void {
    const due = dueAt(one)
    const current = one.proof < PROOF || !has('nothing remembered is used without proof')
    if (one.entry > 0 && current) {
      put('remembered', at, one.entry < due ? 'violation' : one)
      return
    }
    const index = one.reads.findIndex(({ open }) => open)
    if (index >= 0) {
      const join = (read: Read) => ({
        ...read,
        late: read.late || (read.row > 0 && read.row < due),
      })
      put('join', at, { ...one, reads: changedAt(one.reads, index, join) })
    } else if (one.reads.length < (model.reads[at] ?? 0)) {
      put('begin read', at, { ...one, reads: [...one.reads, begin(one)] })
    }
  }

  const begin = ({ line }: Instance): Read => ({
    row: 0,
    keep: line !== 'off' || !has('what was read before listening is not remembered'),
    open: true,
    late: false,
  })

  function proceed(one: Instance, at: number): void {
    for (const [index, read] of one.reads.entries()) {
      if (read.row === 0) {
        const row = state.version
        put('read row', at, {
          ...one,
          reads: changedAt(one.reads, index, () => ({ ...read, row })),
        })
      } else if (read.row < one.floor && has('an answer older than the floor is read again')) {
        const again = () => ({ ...begin(one), open: read.open })
        put('read again', at, { ...one, reads: changedAt(one.reads, index, again) })
      } else {
        const reads = one.reads.filter((_, place) => place !== index)
        const entry = read.keep ? read.row : one.entry
        put('answer', at, read.late ? 'violation' : { ...one, reads, entry })
      }
    }
  }

  /** What an instance does that is told of a change. */
  const told = (one: Instance, version: Version): Instance => ({
    ...one,
    floor: has('the floor never goes down') ? Math.max(one.floor, version) : version,
    entry: one.entry < version && has('a change drops what is remembered') ? 0 : one.entry,
    reads: closed(one.reads, false),
    met: Math.max(one.met, version),
  })

  function listen(one: Instance, at: number): void {
    for (const version of one.queue) {
      const beat = one.beat && { ...one.beat, awaits: less(one.beat.awaits, version) }
      const heard = { ...told(one, version), beat }
      put('told again', at, heard)
      put('told', at, { ...heard, queue: less(one.queue, version) })
    }
    if (one.line === 'off') put('listen', at, { ...one, line: 'sound' })
    else put('lost', at, lose(one))
    if (one.line === 'sound') put('break', at, { ...one, line: 'broken', queue: [] })
    if (one.line === 'sound' && one.beat === undefined) {
      put('beat', at, { ...one, beat: { awaits: one.queue, answered: false } })
    }
    if (one.line === 'sound' && one.beat?.answered === false && one.beat.awaits.length === 0) {
      put('beat answered', at, { ...one, beat: { ...one.beat, answered: true } })
    }
    if (one.beat?.answered === true) {
      put('proven', at, { ...one, beat: undefined, proof: 0 })
    }
  }

  const lose = (one: Instance): Instance => ({
    ...one,
    line: 'off',
    queue: [],
    proof: PROOF,
    beat: undefined,
    entry: has('a break forgets everything') ? 0 : one.entry,
    reads: closed(one.reads, has('what was read through a break is not remembered')),
  })

  const doubt = (one: Instance, version: Version): Instance => ({
    ...one,
    entry: has('a doubt drops what is remembered') ? 0 : one.entry,
    reads: one.reads.map((read) => ({
      ...read,
      keep: read.keep && !has('what was read before a doubt is not remembered'),
      open: read.open && !has('a doubt closes reads to those who come later'),
    })),
    met: Math.max(one.met, version),
  })

  const publish = (instances: readonly Instance[], version: Version) =>
    instances.map((one) =>
      one.line === 'sound' ? { ...one, queue: [...less(one.queue, version), version].sort() } : one,
    )

  function change(): void {
    const version = state.version + 1
    if (version > model.changes + 1) return
    const instances =
      model.told === 'in the commit' ? publish(state.instances, version) : state.instances
    const ages = [...state.ages, model.told === 'in the commit' ? 0 : UNTOLD]
    const unanswered = [...state.unanswered, version]
    steps.push(['commit', { version, ages, unanswered, instances }])
  }

  function acknowledge(writer: Instance, version: Version): void {
    const unanswered = less(state.unanswered, version)
    put('no answer', 0, doubt(writer, version), { unanswered })
    const [first = NOBODY, ...others] = state.instances
    const informed = [told(first, version), ...others]
    const instances = model.told === 'afterwards' ? publish(informed, version) : informed
    const ages = changedAt(state.ages, version - 2, (age) => Math.max(0, age))
    steps.push(['acknowledged', { ...state, ages, unanswered, instances }])
  }

  for (const [at, one] of state.instances.entries()) {
    if (model.reads[at] === 0) continue
    request(one, at)
    proceed(one, at)
    listen(one, at)
  }
  change()
  for (const version of state.unanswered) acknowledge(state.instances[0] ?? NOBODY, version)
  steps.push(['time passes', tick(state, model)])
  return steps
}

function tick(state: State, { without }: Model): State {
  const closing = without !== 'a read that is not young is closed to those who come later'
  return {
    ...state,
    ages: state.ages.map((age) => (age === UNTOLD ? age : older(age))),
    instances: state.instances.map((one) => ({
      ...one,
      proof: older(one.proof),
      // What it proves is no longer of any use.
      beat: without === 'a proof is as old as its beginning' ? one.beat : undefined,
      reads: closing ? closed(one.reads, false) : one.reads,
    })),
  }
}

function older(age: number): number {
  return Math.min(PROOF, age + 1)
}

/** Nobody waits for these any more who comes later. */
function closed(reads: readonly Read[], forgotten: boolean): Read[] {
  return reads.map((read) => ({ ...read, open: false, keep: read.keep && !forgotten }))
}

function changedAt<T>(list: readonly T[], at: number, change: (one: T) => T): T[] {
  return list.map((one, index) => (index === at ? change(one) : one))
}

function less(versions: readonly Version[], version: Version): Version[] {
  return versions.filter((one) => one !== version)
}
