const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const WEEK_MS = 7 * DAY_MS
/** Weeks before this one that say what is usual. */
const PAST_WEEKS = 8
/** So much must be known of a caller before an hour is unusual for it, and for so long. */
const [KNOWN_REQUESTS, KNOWN_HOURS_MS] = [50, 2 * WEEK_MS]
/** How many times its usual week is much, and how many requests more. */
const [TIMES, MORE] = [3, 100]
const MAX_PLACES = 64

/** Something about a caller that is not as it was before. */
export type Oddity =
  | { readonly what: 'new_address' }
  /** Of UTC, 0 to 23. */
  | { readonly what: 'unusual_hour'; readonly hour: number }
  /** Of the week so far, and of a usual one. */
  | { readonly what: 'more_than_usual'; readonly requests: number; readonly usual: number }

/** What is usual for one caller. It takes some 1.5 KiB at most, without its addresses. */
export class Profile {
  #firstAt: number
  /** Requests of a week, by its number since 1970. */
  readonly #weeks = new Map<number, number>()
  readonly #hours = new Uint32Array(24)
  readonly #places = new Set<string>()
  #requests = 0
  #toldHours = 0
  #toldDay = 0
  #toldWeek = 0

  constructor(firstAt: number) {
    this.#firstAt = firstAt
  }

  /** @param isRoom whether one more place may be remembered */
  note(at: number, place: string | undefined, isRoom: () => boolean, count = 1): Oddity[] {
    const odd: Oddity[] = []
    const hour = Math.floor(at / HOUR_MS) % 24
    // In its first week, everything is new.
    const isKnown = at - this.#firstAt >= WEEK_MS
    if (place !== undefined && !this.#places.has(place)) {
      // What cannot be remembered would be new each time.
      const isKept = this.#places.size < MAX_PLACES && isRoom()
      if (isKept) this.#places.add(place)
      if (isKept && isKnown) odd.push({ what: 'new_address' })
    }
    if (this.#isOddHour(at, hour)) odd.push({ what: 'unusual_hour', hour })
    this.#hours[hour] = (this.#hours[hour] ?? 0) + count
    this.#requests += count
    const more = this.#count(at, count)
    if (isKnown && more !== undefined) odd.push(more)
    return odd
  }

  /** Nobody has watched for so long: that time does not count. */
  unwatched(ms: number): void {
    this.#firstAt += ms
  }

  get places(): number {
    return this.#places.size
  }

  #isOddHour(at: number, hour: number): boolean {
    const day = Math.floor(at / DAY_MS)
    if (day !== this.#toldDay) [this.#toldDay, this.#toldHours] = [day, 0]
    const isKnown = at - this.#firstAt >= KNOWN_HOURS_MS && this.#requests >= KNOWN_REQUESTS
    const isOdd = isKnown && this.#hours[hour] === 0 && (this.#toldHours & (1 << hour)) === 0
    if (isOdd) this.#toldHours |= 1 << hour
    return isOdd
  }

  #count(at: number, count: number): Oddity | undefined {
    const week = Math.floor(at / WEEK_MS)
    const requests = (this.#weeks.get(week) ?? 0) + count
    this.#weeks.set(week, requests)
    if (this.#weeks.size > PAST_WEEKS + 1) this.#weeks.delete(Math.min(...this.#weeks.keys()))
    if (this.#toldWeek === week || requests < MORE) return undefined
    // The week in which it was seen first is no whole one.
    const past = [...this.#weeks].flatMap(([number, sum]) =>
      number < week && number * WEEK_MS >= this.#firstAt ? [sum] : [],
    )
    const usual = past.sort((one, other) => one - other)[Math.floor(past.length / 2)]
    if (usual === undefined || requests <= TIMES * usual || requests - usual < MORE)
      return undefined
    this.#toldWeek = week
    return { what: 'more_than_usual', requests, usual }
  }
}
