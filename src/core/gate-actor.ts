import { isIP } from 'node:net'
import { readAppCaller, type AppCaller, type AppCallerContext } from './app-caller.js'
import type { AppAuth } from './auth.js'
import type { ChangedBy } from './changed-by.js'
import { MisuseError } from './errors.js'
import { IDENTIFIER_RULE, isIdentifier } from './identifier.js'
import { labelOf } from './display-name.js'
import { checkNames } from './names.js'
import { messageOf } from '../lib/message-of.js'

/** A person or a service that acts by `gate.as`, as your app knows it. With `scopes`, it may do no more than a key with these rights may at the key endpoints. */
export interface GateActor<S extends string = string> extends Pick<
  AppCaller<S>,
  'name' | 'environments' | 'scopes' | 'tenantIds' | 'resources' | 'plan'
> {
  /** Who it is, such as the id of a user: 1 to 1,024 characters, no control character, no white space at either end. It is in the audit log. */
  readonly subject: string
  /** The organization that it acts for, as `subject`. Needed with `scopes`: it manages the keys of this owner alone. */
  readonly ownerId?: string
  /** The client's address, for the audit log. Default: it is not said. */
  readonly address?: string
  /** The id of the request that it acts by, for the audit log: 1 to 256 characters. Default: it is not said. */
  readonly requestId?: string
}

/** An actor, checked. */
export interface CheckedActor extends ChangedBy {
  /** Absent: an operator, whom no rule holds back. */
  readonly held?: AppAuth
}

const WHERE = 'gate.as'
const EXAMPLE = "{ subject: 'user_1', ownerId: 'org_1', scopes: ['read:orders'] }"
const OF_HELD = ['scopes', 'environments', 'tenantIds', 'resources', 'plan'] as const
const NAMES = ['subject', 'name', 'ownerId', 'address', 'requestId', ...OF_HELD]

/** @throws {MisuseError} */
export function readActor(actor: GateActor, context: AppCallerContext): CheckedActor {
  checkNames(actor, NAMES, WHERE, EXAMPLE)
  const { subject, ownerId, address, requestId, ...rights } = actor
  // What is there and has no value was meant to hold the actor back.
  const lost = OF_HELD.find((name) => name in actor && actor[name] === undefined)
  if (lost !== undefined) fail(`'${lost}' is undefined`)
  if (!isIdentifier(subject) || (ownerId !== undefined && !isIdentifier(ownerId))) {
    fail(`'subject' and 'ownerId' ${IDENTIFIER_RULE}`)
  }
  if (address !== undefined && isIP(address) === 0) fail("'address' must be an IP address")
  if (requestId !== undefined && !isIdentifier(requestId, 256)) {
    fail(`'requestId' must have 1 to 256 characters, and ${IDENTIFIER_RULE}`)
  }
  const by = {
    ...(address !== undefined && { address }),
    ...(requestId !== undefined && { requestId }),
  }
  if (rights.scopes !== undefined) {
    const held = readHeld({ subject, ownerId, ...rights }, context)
    return { ...by, auth: held, held }
  }
  const idle = OF_HELD.find((name) => name in actor)
  if (idle !== undefined) fail(`'${idle}' goes with 'scopes'; without 'scopes', it is an operator`)
  const name = labelOf(rights.name)
  const auth = {
    kind: 'operator' as const,
    subject,
    ...(name && { name }),
    ...(ownerId && { ownerId }),
  }
  return { ...by, auth }
}

function readHeld(actor: object, context: AppCallerContext): AppAuth {
  try {
    const environments = context.environments
    return readAppCaller({ environments, ...actor }, context).auth as AppAuth
  } catch (error) {
    return fail(messageOf(error))
  }
}

function fail(problem: string): never {
  throw new MisuseError('invalid_option', `${WHERE}: ${problem}; write ${EXAMPLE}`)
}
