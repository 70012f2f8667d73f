/** Which changes of a key are recorded. */
export const KEY_ACTIONS = ['create', 'import', 'update', 'rotate', 'revoke'] as const

export type KeyAction = (typeof KEY_ACTIONS)[number]

/** What a key is after it was disabled or enabled. */
export const KEY_STANDINGS = ['disabled', 'enabled'] as const

export type KeyStanding = (typeof KEY_STANDINGS)[number]

/** How a change of a key ended. `unknown`: the store failed, and may have made it all the same. */
export const KEY_OUTCOMES = ['made', 'failed', 'unknown'] as const

export type KeyOutcome = (typeof KEY_OUTCOMES)[number]
