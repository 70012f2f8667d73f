/** How long a key works beside its successor. */
export const DEFAULT_GRACE = '24h'

export const MIN_PEPPER_LENGTH = 32
