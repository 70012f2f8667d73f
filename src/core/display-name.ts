import { withoutSecrets } from './secrets.js'

const MAX_LABEL = 128

/** What people call somebody, as it can be kept and shown anywhere: a name of a profile is no reason to refuse anybody. `undefined` where nothing is left. */
export function labelOf(name: unknown): string | undefined {
  if (typeof name !== 'string') return undefined
  const plain = withoutSecrets(name.slice(0, 4 * MAX_LABEL)).replace(/[\p{Cc}\p{Cs}]/gu, ' ')
  const label = Array.from(plain.trim()).slice(0, MAX_LABEL).join('').trim()
  return label === '' ? undefined : label
}
