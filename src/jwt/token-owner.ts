import { IDENTIFIER_RULE, isIdentifier } from '../core/identifier.js'
import type { TokenClaims } from './claim-rules.js'

/** Of a client without a user, and of a subject that is spelled like one of the two. */
const [CLIENT, SUBJECT] = ['client:', 'subject:']

/**
 * What two issuers call alike is not the same, and neither is an owner of keys (OpenID Connect Core 1.0 section 5.7). A client without a subject is not
 * the user of that name (RFC 9068 section 5): subjects that could be read as a client, or as this mark, get a mark of their own.
 */
export function ownerBySubject({ issuer, subject, clientId }: TokenClaims): string | undefined {
  if (subject !== undefined) {
    const isMarked = subject.startsWith(CLIENT) || subject.startsWith(SUBJECT)
    return asOwner(`${issuer}#${isMarked ? SUBJECT : ''}${subject}`)
  }
  return clientId === undefined ? undefined : asOwner(`${issuer}#${CLIENT}${clientId}`)
}

/** Issuer and subject have bounds of their own. @throws {TypeError} for one that ends with white space */
function asOwner(ownerId: string): string {
  if (isIdentifier(ownerId, Infinity)) return ownerId
  throw new TypeError(`The subject of a token ${IDENTIFIER_RULE}.`)
}
