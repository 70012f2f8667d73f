import type { Auth } from '../core/auth.js'
import type { Operator } from '../core/changed-by.js'
import type { KeyCreator } from './record.js'

/** Who makes a key, as far as the key says it. */
export function creatorOf(auth: Auth | Operator): KeyCreator {
  if (auth.kind === 'key') return { keyId: auth.keyId }
  const { subject } = auth
  if (auth.kind !== 'token') {
    const { name } = auth
    return {
      ...(auth.kind === 'app' ? { app: true } : { operator: true }),
      ...(subject !== undefined && { subject }),
      ...(name !== undefined && { name }),
    }
  }
  const { keyId, issuer, clientId } = auth
  return {
    ...(keyId !== undefined && { keyId }),
    issuer,
    ...(subject !== undefined && { subject }),
    ...(clientId !== undefined && { clientId }),
  }
}
