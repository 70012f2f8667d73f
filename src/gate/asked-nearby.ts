import { isLocal } from '../jwt/outbound.js'
import { warnOfDevelopment } from '../telemetry/development.js'

/** Something that is asked about tokens. */
export interface Asked {
  /** Such as `the issuer 'https://login.acme.example'`. */
  readonly what: string
  /** Where it is asked. Absent: nowhere. */
  readonly url: string | undefined
  readonly allowPrivateAddresses: boolean
}

/** Warns at start of what is asked in development alone: without TLS, or on this machine. */
export function warnOfAsked(all: readonly Asked[]): void {
  const asked = all.flatMap(({ url = '', ...rest }) =>
    URL.canParse(url) ? [{ ...rest, url: new URL(url) }] : [],
  )
  const plain = asked.find(({ url }) => url.protocol === 'http:')
  if (plain !== undefined) {
    process.emitWarning(
      `createGate: ${plain.what} is asked without TLS; this is for development, and refused with NODE_ENV=production`,
      { code: 'SALLYPORT_PLAIN_HTTP' },
    )
  }
  const near = asked.find(({ url, allowPrivateAddresses }) => {
    return url.protocol === 'https:' && isLocal(url) && !allowPrivateAddresses
  })
  if (near !== undefined) warnOfDevelopment('createGate', `${near.what} is on this machine`)
}
