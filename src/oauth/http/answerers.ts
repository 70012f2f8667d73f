import type { Answer, Denial } from '../../core/decision.js'
import type { EndpointRequest } from '../../http/body.js'
import { GRANT_TYPES } from './grant-types.js'
import { createJwksEndpoint } from './jwks.js'
import { createRevocationEndpoint } from './revocation.js'
import { createTokenEndpoint, type IssuingContext } from './token.js'

/** Answers the requests of one endpoint. */
export type Answerer = (call: EndpointRequest) => Promise<Answer | Denial>

/** What each endpoint answers with. */
export const ANSWERERS = {
  token: (context: IssuingContext): Answerer => createTokenEndpoint(context, GRANT_TYPES),
  jwks: (context: IssuingContext): Answerer => createJwksEndpoint(context),
  revocation: (context: IssuingContext): Answerer => createRevocationEndpoint(context),
}
