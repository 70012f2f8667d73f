/** Counted from 1; 0 is none. */
export type Version = number

/** A read of the store that is on its way. */
export interface Read {
  /** What the store answered; 0: it did not yet. */
  readonly row: Version
  /** Whether its answer may be remembered. */
  readonly keep: boolean
  /** Whether who comes now waits for this read. */
  readonly open: boolean
  /** Whether somebody waits for it who must see more than what was answered. */
  readonly late: boolean
}

interface Beat {
  /** What must be told before it is answered. */
  readonly awaits: readonly Version[]
  readonly answered: boolean
}

export interface Instance {
  /** What is remembered of the key. */
  readonly entry: Version
  readonly floor: Version
  readonly reads: readonly Read[]
  /** `broken`: nothing comes any more, and nobody has noticed. */
  readonly line: 'sound' | 'broken' | 'off'
  /** Changes that are on their way to it. */
  readonly queue: readonly Version[]
  /** The age of the last proof that it hears, up to `PROOF`. */
  readonly proof: number
  readonly beat: Beat | undefined
  /** The newest version that it was told of. No part of the real thing. */
  readonly met: Version
}

export interface State {
  readonly version: Version
  /** How long ago the second version was told, and the third, up to `PROOF`; before that, `UNTOLD`. */
  readonly ages: readonly number[]
  /** Changes that the first instance has committed, and has not been answered. */
  readonly unanswered: readonly Version[]
  readonly instances: readonly Instance[]
}

/** What the cache does so that it is never wrong. Each can be left out. */
export const PROTECTIONS = [
  'an answer older than the floor is read again',
  'the floor never goes down',
  'a change drops what is remembered',
  'a read that is not young is closed to those who come later',
  'what was read before listening is not remembered',
  'what was read through a break is not remembered',
  'a break forgets everything',
  'nothing remembered is used without proof',
  'a proof is as old as its beginning',
  'a doubt drops what is remembered',
  'what was read before a doubt is not remembered',
  'a doubt closes reads to those who come later',
] as const

export type Protection = (typeof PROTECTIONS)[number]

export interface Model {
  /** How many reads each instance can have under way. The first makes the changes; one that never reads does nothing else. */
  readonly reads: readonly number[]
  /** How often the key changes. */
  readonly changes: number
  /** Whether a change is told in its commit, or by the instance that made it, once it was answered. */
  readonly told: 'in the commit' | 'afterwards'
  readonly without?: Protection
}

/**
 * Instances meet only in the store and in the feed: one that changes and reads, and one that only reads beside one that
 * only changes, are all that there is. `large` takes minutes.
 */
export const MODELS: Readonly<Record<'small' | 'large', readonly Model[]>> = {
  small: [
    { reads: [2], changes: 1, told: 'in the commit' },
    { reads: [0, 2], changes: 1, told: 'in the commit' },
    { reads: [1], changes: 2, told: 'in the commit' },
    { reads: [0, 2], changes: 1, told: 'afterwards' },
  ],
  large: [
    { reads: [0, 1], changes: 2, told: 'in the commit' },
    { reads: [2], changes: 2, told: 'afterwards' },
    { reads: [2], changes: 2, told: 'in the commit' },
    { reads: [0, 2], changes: 2, told: 'in the commit' },
    { reads: [1, 1], changes: 1, told: 'in the commit' },
  ],
}
