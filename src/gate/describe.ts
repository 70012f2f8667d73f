import type { Reason } from '../core/denial.js'
import { formatted } from '../http/error-answer.js'
import type { Place } from '../http/places.js'
import { REASONS, type ReasonRow } from '../http/reasons.js'
import { BODY_LENGTH, CHECKSUM_LENGTH } from '../keys/format.js'
import { DEFAULT_GRACE } from '../keys/bounds.js'
import type { checkOptions } from './check-options.js'
import type { ErrorDescription, GateDescription, PlaceDescription } from './description.js'
import type { Resets } from './resets.js'

const ANY_REQUEST = 'req_0000000000000000'

/**
 * @param onError told where the error format fails
 * @param timesOf when an environment is reset
 */
export function describeGate<S extends string>(
  given: ReturnType<typeof checkOptions>,
  onError: (error: unknown) => void,
  timesOf: Resets['timesOf'],
): GateDescription<S> {
  const { served, phiIn, prefix, issuers, tokens, limits, errorFormat: format } = given
  // What a reader does to it is no business of the gate.
  const { scopes, levels, plans } = structuredClone(given.described)
  const describeError = ([reason, row]: [string, ReasonRow]): [string, ErrorDescription] => {
    const context = { ...row, reason: reason as Reason, requestId: ANY_REQUEST }
    const { body } = formatted(context, { format, onError })
    return [reason, { status: row.status, body: JSON.parse(body) as unknown }]
  }
  const resetOf = (name: string) => {
    const [reset, times] = [served.resets.find((one) => one.environment === name), timesOf(name)]
    return reset && times && { reset: { every: reset.every, at: reset.at, ...times } }
  }
  return {
    environments: served.names.map((name) => ({
      name,
      hosts: [...served.hosts.keys()].filter((host) => served.hosts.get(host) === name),
      isDefault: name === served.default,
      manages: served.managedBy(name),
      phi: phiIn(name),
      ...resetOf(name),
    })),
    scopes: scopes as GateDescription<S>['scopes'],
    levels,
    plans,
    ...(limits.defaultPlan !== undefined && { defaultPlan: limits.defaultPlan }),
    credentials: given.credentials.from.map(describePlace),
    keys: {
      prefix,
      pattern: `^${prefix}_(${served.names.join('|')})_[sp]k_[0-9A-Za-z]{${String(BODY_LENGTH + CHECKSUM_LENGTH)}}$`,
      gracePeriod: DEFAULT_GRACE,
      rotateAfter: given.rotateAfter,
    },
    issuers:
      typeof issuers === 'function'
        ? 'dynamic'
        : issuers.map(({ issuer, environment }) => ({ issuer: String(issuer), environment })),
    ...(tokens && {
      tokens: { issuer: tokens.issuer, audience: tokens.audience, lifetime: tokens.lifetime },
    }),
    ...describeReceivers(given),
    errors: {
      contentType: format.contentType,
      responses: Object.fromEntries(
        Object.entries(REASONS).map(describeError),
      ) as GateDescription['errors']['responses'],
    },
    realm: given.realm,
  }
}

/** Where records and events go. */
function describeReceivers({
  audit,
  notify,
  webhooks,
  reminders,
}: ReturnType<typeof checkOptions>): Pick<GateDescription, 'audit' | 'events'> {
  const { when } = audit ?? {}
  const requests = typeof when === 'function' ? 'some' : when === undefined ? 'all' : [...when]
  const isTold = notify !== undefined || webhooks !== undefined
  const events = {
    ...{ notify: notify !== undefined, webhooks: webhooks?.targets.length ?? 0 },
    ...(reminders && { reminders: reminders.wants ? ('answered' as const) : ('chosen' as const) }),
  }
  return { ...(audit && { audit: { requests } }), ...(isTold && { events }) }
}

function describePlace(place: Place): PlaceDescription {
  const { kind, name, accepts } = place
  const scheme = place.kind === 'header' ? place.scheme : undefined
  return { in: kind, name, ...(scheme !== undefined && { scheme }), accepts }
}
