/** Something to look at. */
export interface Finding {
  readonly what:
    | 'new address'
    | 'unusual hours'
    | 'more than usual'
    | 'less than usual'
    | 'first time'
    | 'new caller'
    | 'overdue for rotation'
    | 'records dropped'
    | 'damaged records'
    | 'unproven records'
  /** The key, or whoever a token is for. */
  readonly who?: string
  readonly ownerId?: string
  readonly detail: string
}

/** A caller in the week under review, against what is usual for it. */
export interface ReviewedCaller {
  readonly id: string
  readonly name?: string
  readonly ownerId: string
  readonly requests: number
  /** The middle of its past weeks; absent where it has none. */
  readonly usual?: number
  readonly denied: number
  readonly newAddresses: readonly string[]
  /** Hours of the day in which it was never seen before. */
  readonly unusualHours: readonly number[]
  readonly firstTimes: readonly string[]
}

export interface Review {
  readonly from: string
  /** The last day. */
  readonly to: string
  readonly timeZone: string
  readonly pastWeeks: number
  readonly source: string
  readonly madeAt: string
  /** The day of `madeAt` in `timeZone`. */
  readonly today: string
  /** Whether the days under review have today among them. */
  readonly reachesToday: boolean
  readonly totals: {
    readonly requests: number
    readonly usual?: number
    readonly denied: number
    readonly callers: number
    readonly touchedHealthInformation: number
    readonly keyChanges: number
    readonly dropped: number
    readonly damaged: number
    /** Records of the week that no checkpoint vouches for. Absent where no public keys were given. */
    readonly unproven?: number
  }
  readonly findings: readonly Finding[]
  readonly days: readonly {
    readonly day: string
    readonly weekday: string
    readonly allowed: number
    readonly denied: number
  }[]
  readonly denials: readonly {
    readonly reason: string
    readonly count: number
    /** Of a past week, on average. */
    readonly usual: number
    /** Where most of them came from. */
    readonly mostFrom?: string
  }[]
  readonly hours: readonly {
    readonly hour: number
    readonly usual: number
    readonly unusual: number
  }[]
  /** Those with the most requests first. */
  readonly callers: readonly ReviewedCaller[]
  /** Absent where no key store was asked. */
  readonly overdue?: readonly {
    readonly id: string
    readonly name: string
    readonly ownerId: string
    readonly dueAt: string
  }[]
  /** There was more than is told apart. */
  readonly crowded: boolean
}
