import { setImmediate as turn } from 'node:timers/promises'
import { jest } from '@jest/globals'
import type fc from 'fast-check'
import {
  createMemoryKeyStore,
  type createGate as CreateGate,
  type Decision,
  type Grant,
  type KeyChanged,
  type KeyChangeFeed,
  type KeyChangeListener,
  type KeyStore,
} from 'sallyport'

/** What somebody does, to the first instance or the second. */
export type Act =
  | { readonly does: 'ask' | 'ask for the import' | 'break' | 'lose'; readonly at: 0 | 1 }
  | { readonly does: 'rename' | 'revoke' | 'import' }
  /** `sleep`: the machine is suspended, its monotonic clock with it. */
  | { readonly does: 'wait' | 'sleep'; readonly ms: number }

/** Whether a change is told in its commit, or by the instance that made it, once it was acknowledged. */
export type Told = 'in the commit' | 'afterwards'

export interface Setting {
  readonly told: Told
  /** Whether both listen, and remember the key, before anything is done. */
  readonly warm: boolean
}

/** From then on a change is in force everywhere. */
const BOUND_MS = 5_000
/** How far time goes on before what waited for it is looked after. */
const STEP_MS = 250
const LEGACY = 'legacy-secret'

/** One key, as an instance must see it. */
interface Fact {
  readonly version: number
  readonly at: number
}

/** An instance, listening. */
interface Line {
  readonly listener: KeyChangeListener
  state: 'sound' | 'silent' | 'over'
  /** Changes that are on their way to it. */
  readonly unread: Set<KeyChanged>
}

export interface Outcome {
  /** What was wrong, if anything was. */
  readonly wrong: string | undefined
  /** How often the store was not asked. */
  readonly remembered: number
}

/**
 * Two instances on one store, of which the first makes the changes. Whatever takes time is done when the scheduler says so; time itself passes
 * only where an act says so.
 */
export async function play(
  s: fc.Scheduler,
  acts: readonly Act[],
  { told, warm }: Setting,
  createGate: typeof CreateGate,
): Promise<Outcome> {
  const { changes: _, ...memory } = createMemoryKeyStore()
  const lines = [new Set<Line>(), new Set<Line>()] as const
  const log: string[] = []
  let reads = 0
  let wrong: string | undefined

  const later = (what: string) => s.schedule(Promise.resolve(), what)

  /** Versions that were committed, by key. */
  const commits = new Map<string, Fact[]>()
  /** The version of each key that an instance was told of, or was acknowledged. */
  const met = [new Map<string, number>(), new Map<string, number>()] as const
  /** Under which name each version of the key goes. */
  const names = new Map<string, number>()
  let revokedSince = Infinity

  function meet(at: 0 | 1, { id, version }: KeyChanged): void {
    met[at].set(id, Math.max(version, met[at].get(id) ?? 0))
  }

  function tell(change: KeyChanged): void {
    for (const at of [0, 1] as const) {
      for (const line of lines[at]) {
        if (line.state !== 'sound') continue
        line.unread.add(change)
        void later('a change is told').then(() => {
          // In order, as a connection tells.
          const [first] = told === 'in the commit' ? line.unread : [change]
          if (first === undefined || !line.unread.delete(first) || line.state !== 'sound') return
          line.listener.changed(first)
          meet(at, first)
        })
      }
    }
  }

  function committed(change: KeyChanged): void {
    const facts = commits.get(change.id) ?? []
    commits.set(change.id, [...facts, { version: change.version, at: Date.now() }])
    if (told === 'in the commit') tell(change)
  }

  async function written<T>(write: () => T, changeOf: (result: T) => KeyChanged | undefined) {
    await later('a write arrives')
    const result = write()
    const change = changeOf(result)
    if (change !== undefined) committed(change)
    await later('a write is acknowledged')
    return result
  }

  const store: KeyStore = {
    ...memory,
    findByDigest: async (digest) => {
      reads += 1
      await later('a look-up arrives')
      const row = memory.findByDigest(digest)
      await later('a look-up is answered')
      return row
    },
    insert: (record) =>
      written(
        () => void memory.insert(record),
        () => ({ id: record.id, version: 1 }),
      ),
    update: (id, patch, version) =>
      written(
        () => {
          const done = memory.update(id, patch, version) as boolean
          if (done && patch.name !== undefined) names.set(patch.name, version + 1)
          if (done && patch.revokedAt !== undefined) revokedSince = version + 1
          return done
        },
        (done) => (done ? { id, version: version + 1 } : undefined),
      ),
  }
  delete (store as { updateAll?: unknown }).updateAll
  delete (store as { insertAll?: unknown }).insertAll

  function feedOf(at: 0 | 1): KeyChangeFeed {
    return {
      async listen(listener) {
        await later('somebody listens')
        const line: Line = { listener, state: 'sound', unread: new Set() }
        lines[at].add(line)
        await later('and knows it')
        return {
          async catchUp() {
            await later('a beat arrives')
            const before = [...line.unread]
            while (before.some((change) => line.unread.has(change))) await later('a beat waits')
            await later('a beat is answered')
            if (line.state !== 'sound') await new Promise(() => undefined)
          },
          close() {
            line.state = 'over'
          },
        }
      },
      ...(told === 'afterwards' && {
        publish: async (change: KeyChanged) => {
          await later('a change is published')
          tell(change)
        },
      }),
    }
  }

  const open = (at: 0 | 1) =>
    createGate({
      environment: 'live',
      keys: { prefix: 'acme', store, changes: feedOf(at) },
      scopes: [],
      onError: () => undefined,
    })
  const gates = [open(0), open(1)] as const

  /** What an instance must see at least that is asked now. */
  function dueAt(at: 0 | 1, id: string): number {
    const old = (commits.get(id) ?? []).filter((fact) => Date.now() - fact.at > BOUND_MS)
    return Math.max(met[at].get(id) ?? 0, ...old.map(({ version }) => version))
  }

  function judge(decision: Decision, due: number): boolean {
    if (!decision.allowed) return decision.reason !== 'unknown_key'
    const seen = names.get(nameOf(decision)) ?? 1
    const newest = Math.max(...[...names.values()].filter((version) => version <= due), 1)
    return seen >= newest && due < revokedSince
  }

  async function run(act: Act): Promise<void> {
    const [writer] = gates
    if (act.does === 'ask' || act.does === 'ask for the import') {
      const legacy = act.does !== 'ask'
      const due = dueAt(act.at, legacy ? imported : key.id)
      const before = reads
      const decision = await gates[act.at].verify(legacy ? LEGACY : key.secret)
      if (reads === before && decision.allowed) remembered += 1
      const right = legacy
        ? due === 0 || decision.allowed || decision.reason !== 'unknown_key'
        : judge(decision, due)
      const word = decision.allowed ? `allowed as ${nameOf(decision)}` : decision.reason
      log.push(`ask at ${String(act.at)}, due ${String(due)}: ${word}`)
      if (!right) wrong ??= log.join('\n')
    } else if (act.does === 'break' || act.does === 'lose') {
      for (const line of lines[act.at]) {
        if (line.state !== 'sound') continue
        line.state = act.does === 'break' ? 'silent' : 'over'
        if (act.does === 'lose') line.listener.lost(new Error('The connection ended.'))
      }
    } else if (act.does === 'sleep') {
      jest.setSystemTime(Date.now() + act.ms)
    } else if (act.does === 'wait') {
      for (let left = act.ms; left > 0; left -= STEP_MS) {
        jest.advanceTimersByTime(Math.min(left, STEP_MS))
        await turn()
      }
    } else if (act.does === 'import') {
      const { id } = await writer.keys.import({ ...CI, secret: LEGACY }).catch(() => ({ id: '' }))
      imported = id
      meet(0, { id, version: 1 })
    } else {
      const change = { name: `name ${String(++renamed)}` }
      const changing =
        act.does === 'revoke' ? writer.keys.revoke(key.id) : writer.keys.update(key.id, change)
      await changing.catch(() => undefined)
      const facts = commits.get(key.id) ?? []
      meet(0, { id: key.id, version: Math.max(1, ...facts.map(({ version }) => version)) })
    }
  }

  async function settle(): Promise<void> {
    await turn()
    while (s.count() > 0) {
      await s.waitNext(1)
      await turn()
    }
  }

  const CI = { name: 'CI', ownerId: 'org_1' }
  let imported = ''
  let renamed = 0
  let remembered = 0
  const creating = gates[0].keys.create(CI)
  await settle()
  const key = await creating
  for (const at of warm ? ([0, 1, 0, 1] as const) : []) {
    const asking = run({ does: 'ask', at })
    await settle()
    await asking
  }
  const running: Promise<void>[] = []
  async function begin(): Promise<void> {
    for (const act of acts) {
      await later(act.does)
      running.push(run(act))
    }
  }
  const beginning = begin()
  await settle()
  await Promise.all([beginning, ...running])
  await Promise.all(gates.map((gate) => gate.close()))
  return { wrong, remembered }
}

function nameOf({ auth }: Grant): string {
  return auth.kind === 'key' ? auth.name : ''
}
