import { readFile } from 'node:fs/promises'
import type { IssuerOptions } from '../../src/index.js'
import { optionsOf, wrong } from './check.js'

export interface KubernetesOptions {
  /** The audience of the projected token. */
  readonly audience: string
  /** The service accounts that are accepted, as namespace and name, and the scopes of each: `{ 'shop/orders': ['read:orders'] }`. */
  readonly accounts: Readonly<Record<string, readonly string[]>>
  /** The issuer of the cluster. Default `'https://kubernetes.default.svc.cluster.local'`. */
  readonly issuer?: string
}

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token'
const ACCOUNT = /^[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253}$/

/**
 * Projected tokens of service accounts, for an API in the same cluster. The keys are fetched from the API server with the pod's own token; start Node with
 * `NODE_EXTRA_CA_CERTS=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt`.
 * @example issuers: [kubernetes({ audience: 'https://api.acme.example', accounts: { 'shop/orders': ['read:orders'] } })]
 */
export function kubernetes(options: KubernetesOptions): IssuerOptions {
  const {
    audience,
    accounts,
    issuer = 'https://kubernetes.default.svc.cluster.local',
  } = optionsOf(options, 'kubernetes', ['audience', 'accounts', 'issuer'])
  const names = Object.keys({ ...accounts })
  if (names.length === 0 || !names.every((name) => ACCOUNT.test(name))) {
    throw wrong(
      "kubernetes: 'accounts' must have service accounts as namespace and name",
      "kubernetes({ audience, accounts: { 'shop/orders': ['read:orders'] } })",
    )
  }
  const subjects = new Map(
    Object.entries(accounts).map(([name, scopes]) => [
      `system:serviceaccount:${name.replace('/', ':')}`,
      scopes,
    ]),
  )
  return {
    ...{ issuer, audience, jwksUri: 'https://kubernetes.default.svc/openid/v1/jwks' },
    ...{ algorithms: ['RS256', 'ES256'], profile: 'any', allowPrivateAddresses: true },
    claims: { sub: [...subjects.keys()] },
    headers: async () => ({ authorization: `Bearer ${(await readFile(TOKEN, 'utf8')).trim()}` }),
    identify: ({ sub }) => ({ scopes: subjects.get(String(sub)) ?? [] }),
  }
}
