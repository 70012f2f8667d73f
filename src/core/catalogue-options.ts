/** A scope with words for people. */
export interface ScopeOptions {
  /** How high it is: a whole number from 1 to 9; with the option `levels`, one of their names, and required. Default 1. */
  readonly level?: number | string
  /** A few words for people, of which no two scopes have the same. */
  readonly title?: string
  /** A sentence or two for people. */
  readonly description?: string
}

/** A level of scopes that has a name. */
export interface LevelOptions {
  readonly name: string
  readonly title?: string
  readonly description?: string
  /**
   * The levels before it whose scopes its holders hand out, beside those that these are above. Default: all before it. `[]`: none, it stands apart.
   * @example ['standard']
   */
  readonly above?: readonly string[]
}
