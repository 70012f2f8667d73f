import { LRUCache } from 'lru-cache'
import type { Elapsed } from '../lib/elapsed.js'
import { placesFor } from '../lib/places.js'

/** For so long a token whose question failed is not asked about again, and a server that has answered counts as up. */
const PAUSE_MS = 1_000
/** Failed tokens that open a breaker. */
const FAILURES = 3
/** The failed tokens that open the common breaker came from so many sources or more. */
const SOURCES = 2
/** Failures that go on for so long without an answer are an outage, however few the tokens. */
const OUTAGE_MS = 5_000
const MAX_FAILED = placesFor(10_000)
const MAX_SOURCES = placesFor(4_096)
/** A token that was good before goes first, then one from a source without failures. */
const RANKS = 4

/** What the server is asked, and for whom. */
export interface Question {
  /** The token's fingerprint. */
  readonly handle: string
  /** Who brings the token: what one caller can be taken to have. */
  readonly source: string
  /** Whether the token was good before. */
  readonly known: boolean
}

/** Failed tokens since the last answer, in all or of one source, and the questions of the last second. */
class Circuit {
  readonly #failed = new Set<string>()
  /** For each rank: when a question of that rank or a better one was last asked. */
  readonly #askedAt = new Array<number>(RANKS).fill(-Infinity)

  fail(handle: string): void {
    if (!this.isFull) this.#failed.add(handle)
  }

  get isFull(): boolean {
    return this.#failed.size >= FAILURES
  }

  hasTurn(rank: number, now: number): boolean {
    return now - (this.#askedAt[rank] ?? 0) >= PAUSE_MS
  }

  /** A question delays those of its rank and of worse ones. */
  asks(rank: number, now: number): void {
    this.#askedAt.fill(now, rank)
  }

  close(): void {
    this.#failed.clear()
  }
}

/**
 * Spares a server that fails, at the cost of those whose tokens fail. A token that failed is left alone for a second. A source with 3 failed tokens has one
 * question a second, and so have all together when 3 tokens of 2 sources failed, for each rank: no question delays a better one. A server that answered within
 * the last second is up, whoever's tokens fail.
 */
export class Breaker {
  readonly #elapsed: Elapsed
  readonly #all = new Circuit()
  readonly #sources = new LRUCache<string, Circuit>(MAX_SOURCES)
  /** Until when a token is not asked about. */
  readonly #failed = new LRUCache<string, number>(MAX_FAILED)
  #answeredAt = -Infinity
  /** Of the first failure since the last answer. */
  #failingSince: number | undefined

  constructor(elapsed: Elapsed) {
    this.#elapsed = elapsed
  }

  /** Whether the server may be asked; then it counts as asked. */
  admits({ handle, source, known }: Question): boolean {
    const now = this.#elapsed()
    if (now < (this.#failed.get(handle) ?? -Infinity)) return false
    const own = this.#sources.get(source)
    const rank = (known ? 0 : 2) + (own === undefined ? 0 : 1)
    if (!this.#isUp(now)) {
      if (this.#isOpen && !this.#all.hasTurn(rank, now)) return false
      if (own?.isFull && !own.hasTurn(rank, now)) return false
    }
    this.#all.asks(rank, now)
    own?.asks(rank, now)
    return true
  }

  /** The server has said something about a token. */
  answered(): void {
    this.#answeredAt = this.#elapsed()
    if (this.#failingSince === undefined) return
    this.#failingSince = undefined
    this.#all.close()
    this.#sources.clear()
  }

  /** Whether this is an outage, and not what one token or one source does. */
  failed({ handle, source }: Question): boolean {
    const now = this.#elapsed()
    this.#failingSince ??= now
    this.#failed.set(handle, now + PAUSE_MS)
    this.#all.fail(handle)
    const own = this.#sources.get(source) ?? new Circuit()
    own.fail(handle)
    this.#sources.set(source, own)
    return (this.#isOpen && !this.#isUp(now)) || now - this.#failingSince >= OUTAGE_MS
  }

  get #isOpen(): boolean {
    return this.#all.isFull && this.#sources.size >= SOURCES
  }

  #isUp(now: number): boolean {
    return now - this.#answeredAt < PAUSE_MS
  }
}
