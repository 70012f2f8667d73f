/** In bytes. As much as Node reads of all headers of a request, unless it is told otherwise. */
export const MAX_TOKEN = 16_384
export const MAX_AUDIENCES = 64
export const MAX_SCOPES = 512
/** In bytes. */
export const MAX_ID = 1_024

/** How large a token of an issuer may be. */
export interface TokenBounds {
  /** Bytes of the whole token: 1,024 to 65,536. Default 16,384, as much as Node reads of all headers; see `server.maxHeaderSize`. */
  readonly token: number
  /** Audiences in `aud`: 1 to 1,024. Default 64. */
  readonly audiences: number
  /** Scopes that the gate knows; others are dropped first: 1 to 4,096. Default 512. */
  readonly scopes: number
  /** Bytes of `sub`, `jti`, the client's id and each audience: 64 to 4,096. Default 1,024. */
  readonly id: number
}

export const BOUNDS: TokenBounds = Object.freeze({
  token: MAX_TOKEN,
  audiences: MAX_AUDIENCES,
  scopes: MAX_SCOPES,
  id: MAX_ID,
})

/** Of `kid` and `typ`, in bytes. */
export const MAX_NAME = 256
