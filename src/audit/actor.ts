import type { Auth } from '../core/auth.js'
import type { Operator } from '../core/changed-by.js'
import { recordedName, type Cleaner } from '../core/redaction.js'
import type { Actor } from './record.js'

const MAX_NAME = 256

/** What several denials that are written as one have in common: all that is told of the first, its caller, the owner of their callers, or their reason alone. */
export type Common = 'all' | 'caller' | 'owner' | 'reason'

/** Who a caller is, as far as a record says it. */
export function actorOf(auth: Auth | Operator, clean: Cleaner): Actor {
  if (auth.kind === 'operator') {
    const { ownerId } = auth
    const owned = ownerId !== undefined && { ownerId: recordedName(ownerId, clean) }
    return { operator: true, ...owned, ...named(auth, clean) }
  }
  const { environment } = auth
  const ownerId = recordedName(auth.ownerId, clean)
  if (auth.kind === 'key') return { environment, ownerId, keyId: auth.keyId }
  if (auth.kind === 'app') {
    return { environment, ownerId, app: true, ...named(auth, clean) }
  }
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

function named(
  { subject, name }: { readonly subject?: string; readonly name?: string },
  clean: Cleaner,
): Pick<Actor, 'subject' | 'name'> {
  return {
    ...(subject !== undefined && { subject: clean(subject, MAX_NAME) }),
    ...(name !== undefined && { name: clean(name, MAX_NAME) }),
  }
}

/** What is true of all of several callers: nobody is named for what another one did. */
export function inCommon(auth: Auth | undefined, common: Common, clean: Cleaner): Actor {
  if (auth === undefined || common === 'reason') return {}
  const { environment, ownerId } = auth
  if (common === 'owner') return { environment, ownerId: recordedName(ownerId, clean) }
  // Its caller may have several tokens.
  const { tokenId: _, ...caller } = actorOf(auth, clean)
  return caller
}
