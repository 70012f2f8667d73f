import type { Auth } from '../terms/auth.js'
import type { Recognised } from './record.js'
import type { Cleaner } from './text.js'

const MAX_NAME = 256

/** Who a caller is, as far as a record says it. */
export function recognised(auth: Auth, clean: Cleaner): Recognised {
  const { environment } = auth
  const ownerId = clean(auth.ownerId, MAX_NAME)
  if (auth.kind === 'key') return { environment, ownerId, keyId: auth.keyId }
  const { issuer, keyId, tokenId, clientId, subject } = auth
  return {
    environment,
    ownerId,
    issuer,
    ...(keyId !== undefined && { keyId }),
    ...(tokenId !== undefined && { tokenId: clean(tokenId, MAX_NAME) }),
    ...(clientId !== undefined && { clientId: clean(clientId, MAX_NAME) }),
    ...(subject !== undefined && { subject: clean(subject, MAX_NAME) }),
  }
}
