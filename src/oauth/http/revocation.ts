import type { Answer, Denial } from '../../core/decision.js'
import { isRefusal, Refusal } from '../../core/denial.js'
import type { EndpointRequest } from '../../http/body.js'
import { isVerdict } from '../../jwt/caller-refusals.js'
import { isTokenLike } from '../../jwt/parse.js'
import { isOverShare } from '../store-timeout.js'
import { answerEmpty, isFault, OAuthFault } from './answers.js'
import { recorded, type Conclusion } from './conclude.js'
import { authenticateClient } from './grant-types.js'
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
  const { own, deny, onError } = context

  async function revoke(asked: TokenRequest): Promise<Conclusion> {
    const { form, request } = asked
    const client = await authenticateClient(asked, asked.call.authenticateToRevoke)
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
    if (isRefusal(verified)) return isVerdict(verified) ? revoked : deny(UNAVAILABLE, request)
    const { clientId, tokenId = '' } = verified.token
    if (client.auth.kind !== 'key' || clientId !== client.auth.keyId) {
      return new OAuthFault('invalid_grant', 'The token was issued to another client.')
    }
    try {
      await own.revoke(tokenId, verified.token)
    } catch (error) {
      if (!isOverShare(error)) onError(error)
      return deny(UNAVAILABLE, request)
    }
    return revoked
  }

  return recorded(context, async (endpointRequest, call) => {
    const asked = await readCall(endpointRequest, context, call)
    return isUnread(asked) ? asked : revoke(asked)
  })
}
