import type { Answer, Denial } from '../terms/decision.js'
import { isRefusal, Refusal } from '../terms/denial.js'
import { isTokenLike } from '../tokens/shape.js'
import type { EndpointRequest } from './body.js'
import { authenticateClient } from './grant-types.js'
import { recorded, type Conclusion } from './conclude.js'
import { answerEmpty, isFault, OAuthFault } from './oauth.js'
import { isUnread, readCall, type IssuingContext, type TokenRequest } from './token.js'

const UNAVAILABLE = new Refusal('store_unavailable', {
  detail: 'The token may still work: try again.',
})

/**
 * The revocation endpoint (RFC 7009): a key ends a token that was made from it. A token that is not known here, or has ended, is answered as if it had been
 * revoked.
 */
export function createRevocationEndpoint(
  context: IssuingContext,
): (call: EndpointRequest) => Promise<Answer | Denial> {
  const { own, refuse, onError } = context

  async function revoke(asked: TokenRequest): Promise<Conclusion> {
    const { form, request } = asked
    const client = await authenticateClient(asked)
    if (client === undefined) return new OAuthFault('invalid_client', 'Say which client this is.')
    if (isFault(client) || !client.allowed) return client
    const revoked = { answer: answerEmpty(client.headers), decision: client }
    const token = form.get('token')
    if (token === undefined) return new OAuthFault('invalid_request', "'token' is missing.")
    // A key ends at the key endpoints: to call it revoked here would be a dangerous lie.
    if (!isTokenLike(token)) {
      return new OAuthFault('unsupported_token_type', 'Only JWTs of this API are revoked here.')
    }
    const verified = await own.verify(token)
    if (isRefusal(verified)) return revoked
    const { clientId, tokenId = '', expiresAt } = verified.token
    if (client.auth.kind !== 'key' || clientId !== client.auth.keyId) {
      return new OAuthFault('invalid_grant', 'The token was issued to another client.')
    }
    try {
      await own.revoke(tokenId, expiresAt)
    } catch (error) {
      onError(error)
      return refuse(UNAVAILABLE, request)
    }
    return revoked
  }

  return recorded(context, async (call, reception) => {
    const asked = await readCall(call, context, reception)
    return isUnread(asked) ? asked : revoke(asked)
  })
}
