export type { ActingAudit, Audit } from './audit/audit.js'
export { checkpointCheck, endOfChain, type ChainEnd } from './audit/chain-end.js'
export { parseAuditLine } from './audit/chain.js'
export { readEvents, type ReadOptions } from './audit/events.js'
export {
  matchesFilter,
  type AuditEvent,
  type AuditFilter,
  type OwnAuditEvent,
} from './audit/filter.js'
export type { AuditOptions } from './audit/options.js'
export { pruneAnchor, type PruneBounds } from './audit/prune-anchor.js'
export { queryTrail, type AuditPage, type AuditQuery, type AuditView } from './audit/query.js'
export type {
  AccessRecord,
  AuditHead,
  AuditRecord,
  BrokenChain,
  ChainedRecord,
  ChainPlace,
  EnrollmentRecord,
  CheckpointRecord,
  GapRecord,
  KeyChangeRecord,
  StartRecord,
  TornLine,
} from './audit/record.js'
export { AUDIT_KINDS, AUDIT_OUTCOMES } from './audit/record.js'
export {
  MAX_AUDIT_HEADS,
  MAX_AUDIT_LINE,
  type AuditEntry,
  type SinkState,
  type AuditSink,
  type CheckpointCheck,
  type FoundLine,
  type TrailLine,
  type TrailPosition,
  type TrailRange,
  type TrailReader,
  type TrailSearch,
} from './audit/sink.js'
export type { TrailFault, TrailFinding } from './audit/findings.js'
export type { TrailReport } from './audit/trail-report.js'
export type { AuditOutage } from './audit/sinks.js'
export type { AuditedAccess, AuditWhen } from './audit/accesses.js'
export { checkPrune, RETENTION, type PruneOptions } from './audit/retention.js'
export { verifyTrail, type VerifyOptions } from './audit/verify.js'
export type { AcceptsRequirement } from './core/accepts.js'
export type { AppCaller } from './core/app-caller.js'
export type { AppAuth, Auth, CredentialAuth, Headers, KeyAuth, TokenAuth } from './core/auth.js'
export { DENIAL_CHECKS, type DenialCause, type DenialCheck } from './core/cause.js'
export { callerId, type CallerFacts } from './core/caller.js'
export type { CountedResponse, CountedResponses, RouteLimit } from './core/route-limit-options.js'
export type { Answer, AnyGrant, AuditNote, Decision, Denial, Grant } from './core/decision.js'
export type { Reason } from './core/denial.js'
export {
  ERROR_CODES,
  type AccessErrorCode,
  type KeyErrorCode,
  type MisuseCode,
} from './core/error-codes.js'
export {
  ImportStoppedError,
  DuplicateKeyError,
  AccessError,
  KeyError,
  StoreError,
  TablesError,
  LimitStoreError,
  AuditError,
  type AuditFault,
  DeniedError,
  DiagnosisError,
  MisuseError,
  SallyportError,
  TokenStoreError,
  IdShareError,
  IssuerError,
} from './core/errors.js'
export type * from './core/granted.js'
export { auditIn, authIn, messageOf, tenantIn } from './core/granted.js'
export type { GateActor } from './core/gate-actor.js'
export { guardMarkOf, markGuard, type GuardMark } from './core/guard-mark.js'
export { checkGate, readGuardPlace, type GuardPlace } from './core/guard-path.js'
export { IDENTIFIER_RULE, isIdentifier } from './core/identifier.js'
export type { Calendar, Limit, LimitVerdict, LimitState } from './core/limit.js'
export type * from './core/mount-path.js'
export {
  checkConsole,
  checkDescription,
  checkMountParams,
  checkMountPath,
} from './core/mount-path.js'
export type { OAuthStep, OAuthStepName } from './core/oauth-step.js'
export type { PhiAccess, PhiAction, PhiHandling } from './core/phi.js'
export type { OtherwiseOptions } from './core/otherwise.js'
export type { AgreementNote, Policy, PolicyVerdict, PolicyContext } from './core/policy.js'
export type { RequestValue } from './core/request-value.js'
export {
  gateRequestOf,
  GRANT,
  type FrameworkRequest,
  type GateRequest,
  type NodeMessage,
  type NodeResponse,
  type Peer,
} from './core/request.js'
export type {
  AnyRequirement,
  AuditMode,
  OptionalRequirement,
  Requirement,
  PhiRequirement,
  ResourceRequirement,
} from './core/requirement.js'
export { USAGE_OUTCOMES, type UsageOutcome } from './core/tally.js'
export type { ActingGate } from './gate/act-as.js'
export type * from './events/types.js'
export { createGate } from './gate/create-gate.js'
export type {
  AccessEndpoints,
  AccessRequirement,
  ChangedTerms,
  GateAccess,
  LentByGate,
} from './gate/gate-access.js'
export type { LevelOptions, ScopeOptions } from './core/catalogue-options.js'
export type * from './gate/description.js'
export type { EnvironmentMap, EnvironmentOptions } from './gate/environment-options.js'
export type { GateLimits } from './gate/gate-limits.js'
export { createAuditEndpoints } from './gate/audit-endpoints.js'
export type { OwnerGate, OwnerServices, ReadingRequirement } from './gate/owner-endpoint.js'
export { createUsageEndpoints, usageCsv } from './gate/usage-endpoints.js'
export type { Gate, GateResets, Inspection } from './gate/gate.js'
export type { ResetOptions, ResetRun } from './gate/reset-options.js'
export type { GateOptions } from './gate/options.js'
export type { EndpointRequest } from './http/body.js'
export type { AnswerOptions } from './http/answers.js'
export type { AnswerError } from './http/app-answer.js'
export { failureAnswer, type FailureAnswer } from './http/app-errors.js'
export {
  flatErrors,
  nestedErrors,
  problemDetails,
  type AnswerWords,
  type EnvelopeOptions,
  type ErrorContext,
  type ErrorFormat,
  type ErrorVocabulary,
  type ErrorWords,
  type ProblemOptions,
} from './http/error-formats.js'
export type * from './http/options.js'
export type { ProxyHeaders } from './http/forwarded.js'
export type { TrustedProxies } from './http/proxy-schema.js'
export { sourceOf, type Source } from './http/source.js'
export type { TlsVersion } from './http/transport.js'
export type { Algorithm } from './jwt/algorithms.js'
export type { IdentifyToken, IsTokenRevoked, TokenIdentity } from './jwt/authenticate.js'
export type { TokenBounds } from './jwt/bounds.js'
export type { ClaimValue, TokenProfile } from './jwt/claim-rules.js'
export type { IntrospectionOptions } from './jwt/introspection-options.js'
export type { FindIssuer, IssuerOptions } from './jwt/issuer-options.js'
export type {
  OutboundFetch,
  OutboundHeaders,
  OutboundRequest,
  OutboundResponse,
} from './jwt/outbound.js'
export type { Tenants } from './jwt/tenants.js'
export type { AdmitKey, AskedKey, KeyAdmission } from './keys/access-rule.js'
export type * from './keys/change-feed.js'
export type { IssuedKey } from './keys/create.js'
export type { DueKey, DueQuery } from './keys/due.js'
export type { KeyKind } from './keys/format.js'
export type { KeyEndpoints } from './keys/http/endpoints.js'
export type { CallerMetadata } from './keys/caller-metadata.js'
export type { KeyEndpointsRequirement } from './keys/http/settings.js'
export type { ImportOutcome } from './keys/import-lines.js'
export type { ImportLinesOptions } from './keys/import-options-schema.js'
export type { ImportKeyInput, LegacyKey } from './keys/import.js'
export type { LegacyKeys } from './keys/legacy.js'
export type { CreateKeyInput } from './keys/input.js'
export type { KeyAction, KeyStanding } from './keys/key-change.js'
export type * from './keys/key-store.js'
export type { OwnerUsage, OwnerUsageOptions, UsageFigures, UsageRow } from './keys/owner-usage.js'
export type { Keys, UsageQuery } from './keys/keys.js'
export type { TextPieces } from './keys/lines.js'
export { createMemoryKeyStore } from './keys/memory-store.js'
export type { KeyOptions } from './keys/options.js'
export { messageId } from './keys/outbox.js'
export type * from './keys/outbox.js'
export type * from './keys/jobs.js'
export type * from './keys/reminder-choices.js'
export type { FindPeppers } from './keys/peppers.js'
export {
  applyKeyPatch,
  type ApiKey,
  type EffectiveBy,
  type KeyPatch,
  type KeyRecord,
  type KeyCreator,
  type KeyRetry,
  type KeyState,
} from './keys/record.js'
export type { RevokedKey, RevokeOptions } from './keys/revocation.js'
export type { RevokeAllInput, RevokedKeys } from './keys/revoke-all.js'
export type { RotatedKey, RotateOptions } from './keys/rotate.js'
export { createTablesGuard, refuseUnknown, tablesMadeBy } from './keys/tables.js'
export type * from './keys/tables.js'
export type { UpdatedKey, UpdateKeyInput } from './keys/update.js'
export type { Clock } from './lib/clock.js'
export { hasMethods } from './lib/has-methods.js'
export { understood } from './lib/readable-rows.js'
export { isDuration, milliseconds, type Duration } from './lib/duration.js'
export type { MaybePromise } from './lib/maybe.js'
export { createLeasedLimitStore } from './limits/leased-store.js'
export type { LimitRequest, LimitStore } from './limits/limit-store.js'
export { createMemoryLimitStore } from './limits/memory-store.js'
export type { LimitOptions } from './limits/options.js'
export type {
  PlanLimit,
  CallerOverride,
  Concurrency,
  Credits,
  Plan,
  PlanOverride,
  Quota,
} from './limits/plans.js'
export type { CallerLimit, CallerLimits } from './limits/peek.js'
export type { RateLimitHeaders } from './limits/rate-limit-headers.js'
export type { LimitRefusal } from './limits/refusals.js'
export type { TokenEndpoints } from './oauth/http/endpoints.js'
export type { KeptId } from './oauth/id-table.js'
export type { IssuedToken } from './oauth/issue.js'
export type { TokenOptions } from './oauth/options.js'
export { createMemoryReplayStore, type ReplayStore } from './oauth/replay-store.js'
export { createMemoryRevocations, type TokenRevocations } from './oauth/revocations.js'
export type { FindServiceAccount, ServiceAccount } from './oauth/service-accounts.js'
export type { FindSigningKeys } from './oauth/signing-keys.js'
export type { ForgottenTokens } from './oauth/forgotten.js'
export type { ExchangeOptions, GrantInput, Tokens } from './oauth/tokens.js'
export type { CacheEvent } from './telemetry/cache-events.js'
export type { DecisionMade } from './telemetry/decisions.js'
export type { Outage } from './telemetry/outages.js'
