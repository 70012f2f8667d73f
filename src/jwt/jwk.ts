/** A JSON Web Key (RFC 7517 section 4), with the members of RSA, EC and octet key pairs (RFC 7518 section 6, RFC 8037 section 2). */
export interface Jwk {
  /** The family of the key: `'RSA'`, `'EC'` or `'OKP'`. */
  kty?: string
  /** `'sig'` for a key of signatures. */
  use?: string
  key_ops?: string[]
  /** The algorithm that the key is for, such as `'RS256'`. */
  alg?: string
  /** The name by which tokens refer to the key. */
  kid?: string
  /** Modulus and exponent of an RSA key. */
  n?: string
  e?: string
  /** The curve and the point of an EC key; of an octet key pair, `x` alone. */
  crv?: string
  x?: string
  y?: string
  /** The private part. The further ones are of an RSA key. */
  d?: string
  p?: string
  q?: string
  dp?: string
  dq?: string
  qi?: string
  x5c?: string[]
  x5t?: string
  'x5t#S256'?: string
  x5u?: string
}

/** A JWK Set (RFC 7517 section 5). */
export interface JwkSet {
  keys: Jwk[]
}
