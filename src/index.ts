export { createGate, type Gate } from './gate.js'
export type {
  AuditOptions,
  CredentialOptions,
  GateOptions,
  KeyOptions,
  LimitOptions,
} from './options/options.js'
export type { IntrospectionOptions } from './options/introspection-options.js'
export type { IssuerOptions } from './options/issuer-options.js'
export type { TokenOptions } from './options/token-options.js'
export type { TlsVersion } from './admit/transport.js'
export type { LimitRefusal } from './authorize/limits.js'
export type { EndpointRequest } from './endpoints/body.js'
export type { KeyEndpoints, KeyEndpointsDemand } from './endpoints/keys.js'
export type { ExchangeOptions, TokenEndpoints, Tokens } from './endpoints/tokens.js'
export type { IdentifyToken, TokenIdentity } from './identify/token.js'
export type { IssuedKey } from './keys/create.js'
export type { DueKey, DueQuery } from './keys/due.js'
export type {
  KeyChanged,
  KeyChangeFeed,
  KeyChangeListener,
  KeyChangeSubscription,
} from './keys/feed.js'
export type { KeyKind } from './keys/format.js'
export type { ImportKeyInput } from './keys/import.js'
export {
  ImportStoppedError,
  type ImportLinesOptions,
  type ImportOutcome,
} from './keys/import-lines.js'
export type { CreateKeyInput } from './keys/input.js'
export type { Keys, UsageQuery } from './keys/keys.js'
export type { TextPieces } from './keys/lines.js'
export { createMemoryKeyStore } from './keys/memory.js'
export {
  patched,
  type ApiKey,
  type EffectiveBy,
  type KeyPatch,
  type KeyRecord,
  type KeyRetry,
  type KeyState,
} from './keys/record.js'
export type { RevokeAllInput, RevokedKey, RevokedKeys, RevokeOptions } from './keys/revoke.js'
export type { RotatedKey, RotateOptions } from './keys/rotate.js'
export {
  DuplicateKeyError,
  KeyError,
  StoreError,
  type KeyChange,
  type KeyFilter,
  type KeyObstacle,
  type KeyQuery,
  type KeyStore,
  type KeyUsage,
  type Page,
} from './keys/store.js'
export type { UpdatedKey, UpdateKeyInput } from './keys/update.js'
export type { Clock } from './lib/clock.js'
export type { Duration } from './lib/duration.js'
export type { MaybePromise } from './lib/maybe.js'
export { createLeasedLimitStore } from './limits/leased.js'
export { createMemoryLimitStore } from './limits/memory.js'
export type { Calendar } from './limits/calendar.js'
export type {
  Allowance,
  CallerOverride,
  Concurrency,
  Credits,
  Plan,
  PlanOverride,
  Quota,
} from './limits/plans.js'
export {
  LimitStoreError,
  type Limit,
  type LimitRequest,
  type LimitStore,
  type LimitVerdict,
  type Standing,
} from './limits/store.js'
export { openAuditLine } from './record/chain.js'
export type {
  AccessRecord,
  AuditHead,
  AuditRecord,
  ChainedRecord,
  ChainPlace,
  CheckpointRecord,
  GapRecord,
  KeyAction,
  KeyChangeRecord,
  StartRecord,
  TornLine,
} from './record/record.js'
export type { Audit } from './record/audit.js'
export type { AuditOutage } from './record/trail.js'
export type { DecisionMade } from './record/decisions.js'
export type { CacheEvent } from './keys/cache-events.js'
export type { Outage } from './terms/outages.js'
export { eventsOf } from './record/event.js'
export type { AuditEvent, AuditFilter } from './record/filter.js'
export { queryTrail, type AuditQuery } from './record/query.js'
export type { AuditedAccess, AuditWhen } from './record/trail.js'
export type { TrailFault, TrailFinding, TrailReport } from './record/report.js'
export { RETENTION_DAYS, verifyTrail, type VerifyOptions } from './record/verify.js'
export {
  AuditError,
  type AuditEntry,
  type AuditRest,
  type AuditSink,
  type FoundLine,
  type TrailLine,
  type TrailPosition,
  type TrailRange,
  type TrailReader,
  type TrailSearch,
} from './record/sink.js'
export {
  flatErrors,
  nestedErrors,
  problemDetails,
  type EnvelopeOptions,
  type ErrorContext,
  type ErrorFormat,
  type ErrorVocabulary,
  type ErrorWords,
  type ProblemOptions,
} from './respond/error-formats.js'
export type { RateFields } from './respond/rate-fields.js'
export { checkGate } from './terms/argument.js'
export type { Auth, KeyAuth, TokenAuth } from './terms/auth.js'
export type { Answer, AuditNote, Decision, Denial, Grant } from './terms/decision.js'
export type { AuditMode, Demand, PhiDemand, ResourceDemand } from './terms/demand.js'
export type { Reason } from './terms/denial.js'
export { DeniedError } from './terms/denied-error.js'
export type { Headers } from './terms/headers.js'
export { auditIn, authIn, tenantIn } from './terms/granted.js'
export { GRANT, gateRequestOf, type NodeMessage } from './terms/message.js'
export { MisuseError, type MisuseCode } from './terms/misuse.js'
export type { PhiAccess, PhiAction } from './terms/phi.js'
export type { Policy, PolicyVerdict, PolicyVisit } from './terms/policy.js'
export type { FrameworkRequest, GateRequest, NodeResponse, Peer } from './terms/request.js'
export type { RequestValue } from './terms/request-value.js'
export type { Algorithm } from './tokens/algorithms.js'
export type { TokenProfile } from './tokens/claims.js'
export { TokenStoreError } from './tokens/bounded.js'
export { createMemoryReplayStore, type ReplayStore } from './tokens/replay-store.js'
export { createMemoryRevocations, type TokenRevocations } from './tokens/revocations.js'
export type { FindServiceAccount, ServiceAccount } from './tokens/service-accounts.js'
export type { IssuedToken } from './tokens/exchange.js'
export { IssuerError } from './tokens/issuers.js'
