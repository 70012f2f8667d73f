import type { Reason } from '../core/denial.js'
import type { OAuthStepName } from '../core/oauth-step.js'
import type { PhiAccess } from '../core/phi.js'
import type { AgreementNote } from '../core/policy.js'
import { KEY_OUTCOMES, type KeyAction, type KeyStanding } from '../keys/key-change.js'
import type { EnrollmentAction } from './enrollment.js'

/** How an access can end. */
export const ACCESS_OUTCOMES = ['allowed', 'denied'] as const

/** What a record can say of a change of a key: that it is about to be made, or how it ended. */
export const KEY_CHANGE_OUTCOMES = ['intended', ...KEY_OUTCOMES] as const

/** All outcomes that an audit event can have. */
export const AUDIT_OUTCOMES = [...ACCESS_OUTCOMES, ...KEY_CHANGE_OUTCOMES] as const

/** What a record can be about. */
export const AUDIT_KINDS = ['access', 'key', 'enrollment'] as const

/** What every record of a trail has. */
interface Recorded {
  /** ISO 8601 in UTC, in milliseconds. */
  readonly time: string
}

/** Who asked, as far as it is known. Absent members are not known. */
export interface Actor {
  readonly environment?: string
  readonly ownerId?: string
  /** Of a request that was let in, the tenant that it may act for; of one that was denied, the one that it named. */
  readonly tenantId?: string
  readonly keyId?: string
  /** `iss`, `jti`, `client_id` and `sub` of a token. */
  readonly issuer?: string
  readonly tokenId?: string
  readonly clientId?: string
  /** Of a caller of your app and of an operator as well: who it is. */
  readonly subject?: string
  /** It presented no credential: your app said who it is (`otherwise` of a guard, `user`, or `gate.as`). */
  readonly app?: true
  /** It acted for whoever runs the API, such as your staff or a user of the command. */
  readonly operator?: true
  /** What people call it, where your app said so. */
  readonly name?: string
}

/**
 * One request and what was decided about it. It may be written again under the same `id`, in the same chain, when more is known of it:
 * see `readEvents` for which one holds.
 */
export interface AccessRecord extends Recorded, Actor {
  readonly kind: 'access'
  /** Unique among all records. */
  readonly id: string
  readonly outcome: (typeof ACCESS_OUTCOMES)[number]
  /** Why it was denied. */
  readonly reason?: Reason
  /** The status of the answer. Absent: it was not known when this was written or, with `aborted`, there was none. */
  readonly status?: number
  /** The connection ended before the answer did: the client went away. Without a status, it did before anything was sent. */
  readonly aborted?: true
  /** Absent where there was no HTTP request. */
  readonly method?: string
  /** Without its query. */
  readonly path?: string
  /** As the framework has it, such as `/patients/:id`. */
  readonly route?: string
  readonly requestId: string
  readonly scopesAsked?: readonly string[]
  /** Those of the caller. */
  readonly scopesGranted?: readonly string[]
  /** What it touched of health information; further things in `furtherPhi`. */
  readonly phi?: PhiAccess
  readonly furtherPhi?: readonly PhiAccess[]
  /** All of that was made up: the environment has no real health information. */
  readonly synthetic?: true
  /** On which agreements it was let in to health information, as policies have found, such as a BAA. */
  readonly agreements?: readonly AgreementNote[]
  /** The address of the client; that of the other end of the connection, where it is another. */
  readonly client?: string
  readonly peer?: string
  readonly userAgent?: string
  readonly latencyMs?: number
  /** It was a look at the audit log, which asked for this. Empty: for all of it. */
  readonly auditFilter?: Readonly<Record<string, string>>
  /** Steps of OAuth 2.0 that your own pages or authorization server took, or refused, with `auditOf(req).oauth`. */
  readonly oauthSteps?: readonly OAuthStepName[]
  /** Why the last of them was refused. */
  readonly oauthError?: string
  /** It stands for so many alike, the last of them at `until`. Absent: for one. */
  readonly count?: number
  readonly until?: string
}

/** A change of a key. It may be written again as an access is. */
export interface KeyChangeRecord extends Recorded {
  readonly kind: 'key'
  readonly id: string
  readonly action: KeyAction
  /**
   * `intended`: about to be made; where no other record follows, it may have been made or not. `unknown`: the store failed, and may
   * have made it.
   */
  readonly outcome: (typeof KEY_CHANGE_OUTCOMES)[number]
  readonly keyId: string
  readonly ownerId?: string
  readonly environment?: string
  /** The names of what was changed; never the values. */
  readonly changed?: readonly string[]
  /** The key that took its place. */
  readonly successorId?: string
  /** Whether it was disabled or enabled. Absent: it stayed as it was. */
  readonly standing?: KeyStanding
  /** Why, where it was said: of a revocation, or of an update such as one that disables the key. At most 256 characters are kept. */
  readonly why?: string
  /** Who made it: a key or a token over HTTP, or whom your app named. Absent: code of the server that named nobody. */
  readonly by?: Actor
  readonly requestId?: string
  /** The address of the client: of the request at the key endpoints, or as `gate.as` was told it. */
  readonly client?: string
}

/** A step of an organization's access to the API: a request, a decision, an acceptance of terms. It may be written again as an access is. */
export interface EnrollmentRecord extends Recorded {
  readonly kind: 'enrollment'
  readonly id: string
  readonly action: EnrollmentAction
  /** As that of a change of a key. */
  readonly outcome: (typeof KEY_CHANGE_OUTCOMES)[number]
  /** The request for access, or the acceptance. */
  readonly subjectId: string
  readonly ownerId: string
  readonly environments?: readonly string[]
  /** What was accepted, or ended. */
  readonly terms?: { readonly id: string; readonly version: string }
  /** Who took the step. */
  readonly by: Actor
  /** The address of that person. */
  readonly client?: string
}

/** Records that were dropped before they were written. */
export interface GapRecord extends Recorded {
  readonly kind: 'gap'
  /** How many, by what they would have told of. */
  readonly allowed: number
  readonly denied: number
  readonly keys: number
  /** When the first of them was dropped; `time` is when the last was. */
  readonly since: string
}

/** Where the chain of some writer ended when it was looked at. */
export interface AuditHead {
  readonly writer: string
  readonly seq: number
  readonly hash: string
}

/** A line that was broken off: never acknowledged, and kept as it is. */
export interface TornLine {
  /** In which file. */
  readonly where: string
  readonly bytes: number
  /** SHA-256 of them, in base64url. */
  readonly hash: string
}

/** A chain that could not go on, and why. */
export interface BrokenChain {
  readonly writer: string
  /** The first number of it that was not acknowledged. */
  readonly seq: number
  /** `place_taken`: another record has that number. `refused`: the sink did not take the record, and did not say why. */
  readonly why: 'place_taken' | 'refused'
}

/** The first record of each writer. */
export interface StartRecord extends Recorded {
  readonly kind: 'start'
  readonly instance: string
  /** What else is in the trail: from now on, what is cut off there is missed. */
  readonly heads: readonly AuditHead[]
  readonly torn: readonly TornLine[]
  /** What is in the trail's place and could not be read, by name and with the reason. */
  readonly passed?: readonly string[]
  /** The chain of this process that this one goes on for. Absent: this is its first. */
  readonly instead?: BrokenChain
}

/** A signature over everything before it in its chain. */
export interface CheckpointRecord extends Recorded {
  readonly kind: 'checkpoint'
  /** SHA-256 of the public key (SPKI), in base64url. */
  readonly signedBy: string
  /** Ed25519 over the line without `signature` and `hash`, in base64url. */
  readonly signature: string
  /** Nothing follows. */
  readonly last?: true
}

/** Everything that a trail can hold. A closed list of members: no header, no body and no secret is among them. */
export type AuditRecord =
  AccessRecord | KeyChangeRecord | EnrollmentRecord | GapRecord | StartRecord | CheckpointRecord

/** Its place in a chain. */
export interface ChainPlace {
  /** The version of the format. */
  readonly v: 1
  /** One process of one instance: its name, `.`, and a random id of this start. */
  readonly writer: string
  /** 0 at first, one more with each record of the writer. */
  readonly seq: number
  /** `hash` of the record before it; of none, an empty text. */
  readonly prev: string
  /** SHA-256 of the line without this member, in base64url. */
  readonly hash: string
}

/** A record in its place. */
export type ChainedRecord = AuditRecord & ChainPlace
