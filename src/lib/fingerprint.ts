import { hash } from 'node:crypto'

/** SHA-256 in base64url, in one shot: the name under which a secret is remembered, and what is stored of a key where there is no pepper. */
export function fingerprint(secret: string): string {
  return hash('sha256', secret, 'base64url')
}
