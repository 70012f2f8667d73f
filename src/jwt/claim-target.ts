import type { Refusal } from '../core/denial.js'
import { told } from '../core/refuse.js'
import { nearMiss } from '../lib/near-miss.js'
import { BOUNDS } from './bounds.js'
import { idRule, isId, tooLong } from './claim-id.js'
import type { ClaimRules, Wrong } from './claim-rules.js'
import type { JsonObject } from './strict-json.js'

/** What only an ID token has: OpenID Connect Core 1.0 sections 3.1.3.6 and 3.3.2.11. */
const OF_ID_TOKENS = ['at_hash', 'c_hash']

/** Whether it is for this API, or was given to one of the clients whose tokens count; and no ID token, unless those are meant. */
export function refuseTarget(
  claims: JsonObject,
  clientId: string | undefined,
  rules: ClaimRules,
  wrong: Wrong,
): Refusal | undefined {
  const aud = claims['aud'] ?? undefined
  return (
    refuseClient(clientId, rules, wrong) ??
    refuseIdToken(claims, rules, wrong) ??
    (rules.audience === false && aud === undefined
      ? undefined
      : refuseAudience(aud, clientId, rules, wrong))
  )
}

function refuseClient(
  clientId: string | undefined,
  { clients = false }: ClaimRules,
  wrong: Wrong,
): Refusal | undefined {
  if (clients === 'named' && clientId === undefined) {
    return wrong(
      'client_id',
      'the id of a client',
      undefined,
      'An access token names its client; this may be an ID token.',
    )
  }
  if (!Array.isArray(clients) || clients.includes(clientId)) return undefined
  return wrong(
    'client_id',
    clients as readonly string[],
    clientId,
    missOf(clientId, clients) ??
      "Add the client to 'clients' if its tokens are meant for this API.",
  )
}

function refuseIdToken(
  claims: JsonObject,
  { profile, idTokens }: ClaimRules,
  wrong: Wrong,
): Refusal | undefined {
  if (profile !== 'any' || idTokens === true) return undefined
  const mark = OF_ID_TOKENS.find((name) => claims[name] !== undefined)
  if (mark === undefined) return undefined
  return wrong(
    'id_token',
    `no '${mark}'`,
    told(`an ID token: it has '${mark}'`),
    'Send the access token, or set idTokens: true.',
  )
}

function refuseAudience(
  aud: unknown,
  clientId: string | undefined,
  { audience, bounds = BOUNDS }: ClaimRules,
  wrong: Wrong,
): Refusal | undefined {
  const all: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (all.length > bounds.audiences) {
    return wrong(
      'aud',
      `${String(bounds.audiences)} audiences at most`,
      told(`${String(all.length)} audiences`),
      "Raise 'bounds.audiences'.",
    )
  }
  if (aud === undefined)
    return wrong(
      'aud',
      audience || [],
      undefined,
      "The token names no audience: set audience: false, with 'clients'.",
    )
  const unfit = all.findIndex((one) => !isId(one, bounds.id))
  if (unfit !== -1) return wrong('aud', idRule(bounds), ...tooLong(all[unfit], bounds))
  if (audience !== false) {
    if (all.some((one) => audience.includes(one as string))) return undefined
    const fix =
      missOf(all[0], audience) ??
      "Write into 'audience' what the issuer calls this API, or ask the issuer for a token for it."
    return wrong('aud', audience, aud, fix)
  }
  // Without an audience to go by: what is for its own client is an ID token (OpenID Connect Core 1.0 section 2).
  if (!all.some((one) => one === clientId)) return undefined
  return wrong(
    'id_token',
    'an audience other than the client',
    aud,
    'This is an ID token: send the access token.',
  )
}

/** What it nearly is: one that was meant, probably. */
export function missOf(
  value: unknown,
  wanted: readonly (string | undefined)[],
): string | undefined {
  const texts = wanted.filter((one) => one !== undefined)
  return typeof value === 'string' ? nearMiss(value, texts) : undefined
}
