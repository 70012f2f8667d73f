import { issuesNone, readForgotten } from './forgotten.js'
import type { Tokens } from './tokens.js'

/** Of a gate that neither issues nor takes tokens. */
export function withoutTokens<S extends string>(): Tokens<S> {
  const refuse = (name: string) => () => Promise.reject(issuesNone(`gate.tokens.${name}`))
  return Object.freeze<Tokens<S>>({
    exchange: refuse('exchange'),
    grant: refuse('grant'),
    revoke: refuse('revoke'),
    forget(whose) {
      readForgotten(whose)
    },
  })
}
