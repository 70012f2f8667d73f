/** Cases that wait for a capability, by system and name. */
export const PENDING: Readonly<Record<string, Readonly<Record<string, string>>>> = {}

/** Credentials that wait for a capability. */
export const PENDING_CREDENTIALS: Readonly<Record<string, readonly string[]>> = {}
