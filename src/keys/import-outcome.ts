export interface ImportLinesOptions {
  /** The first line to import; those before it are passed over. Default 1. */
  readonly fromLine?: number
  /** What becomes of a scope that the gate does not know: its line is refused, or it is kept all the same. Default `'refuse'`. */
  readonly unknownScopes?: 'refuse' | 'keep'
}

/** What became of one line. `present`: a key with this secret, or this digest, was there before. */
export type ImportOutcome = { readonly line: number } & (
  | { readonly outcome: 'imported'; readonly id: string }
  | { readonly outcome: 'present' }
  /** The reason has nothing of what the line says but names of ours. */
  | { readonly outcome: 'refused'; readonly reason: string }
)
