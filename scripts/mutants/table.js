/** The files that security or correctness depends on, and the tests that have to notice each change of them. */
export const GROUPS = [
  { files: ['adapters/redis/run.ts'], tests: ['adapters/redis/{run,run-calls}'] },
  {
    files: ['src/http/client-address.ts', 'src/http/forwarded.ts'],
    tests: [
      'http/{client-address,forwarded,transport,networks-of-clients,proxy-schema}',
      'http/{sender,trusted,untrusted-proxy,hosts,transport-warnings,source,serverless-peer}',
      'limits/anonymous',
    ],
  },
  { files: ['src/core/redaction.ts'], tests: ['core/{redaction,redaction-text}'] },
  {
    files: ['src/audit/key-journal.ts'],
    tests: ['audit/{key-journal,key-outcomes,enrollment}'],
  },
  {
    files: ['src/keys/audited-key-store.ts'],
    tests: ['audit/key-outcomes', 'keys/http/authorized-changes', 'console/{audit,keys}'],
  },
  { files: ['src/oauth/assertion.ts'], tests: ['oauth/assertion', 'telemetry/diagnosis'] },
  {
    files: ['src/keys/create-once.ts', 'src/keys/http/idempotency.ts'],
    tests: ['keys/http/{idempotency,repeated-later,app-callers}'],
  },
  {
    files: ['src/keys/revoke.ts', 'src/keys/revoke-all.ts', 'src/keys/revocation.ts'],
    tests: [
      'keys/{revoke,revoke-all,revoke-races,revoke-strangers,key-context}',
      'keys/http/{self,containment,app-callers}',
      'keys/made-by',
      'gate/act-as',
    ],
  },
  {
    files: ['src/oauth/authenticate.ts'],
    tests: [
      'oauth/http/{revocation,rights,account-rights}',
      'oauth/{authenticate,own-rights}',
      'keys/http/repeated-later',
    ],
  },
  { files: ['src/limits/lease.ts'], tests: ['limits/{lease,leased-store}'] },
  {
    files: ['src/limits/rule.ts', 'src/limits/subject.ts', 'src/limits/charger.ts'],
    tests: ['limits/{charges,rule,concurrency,cost,credits,verdict,count,route-limit}'],
  },
  { files: ['src/core/caller.ts'], tests: ['core/caller'] },
  { files: ['src/http/networks.ts'], tests: ['http/{networks,networks-of-clients}'] },
  { files: ['src/rules/scopes.ts'], tests: ['rules/{scopes,any-scope}'] },
  { files: ['src/jwt/fetch-json.ts'], tests: ['jwt/{fetch-json,outbound,discovery}'] },
  { files: ['src/jwt/parse.ts'], tests: ['jwt/{strict,size}'] },
  {
    files: ['src/jwt/verify.ts'],
    tests: ['jwt/authenticate', 'telemetry/diagnosis', 'jwt/{strict,claims}'],
  },
  {
    files: ['src/jwt/claims.ts'],
    tests: [
      'jwt/claims',
      'telemetry/{diagnosis,unknown-scopes}',
      'jwt/{strict,authenticate,introspection,issuer-book}',
    ],
  },
  { files: ['src/jwt/breaker.ts'], tests: ['jwt/breaker'] },
  { files: ['src/http/transport.ts'], tests: ['http/{transport,transport-warnings}'] },
  {
    files: ['src/http/credential.ts', 'src/http/credential-refusals.ts'],
    tests: ['http/{credential,header-lines,places,missing-credentials}'],
  },
  { files: ['src/http/brute-force.ts', 'src/http/penalties.ts'], tests: ['http/brute-force'] },
  { files: ['src/rules/accepts.ts'], tests: ['rules/accepts'] },
  { files: ['src/rules/address.ts'], tests: ['rules/address'] },
  { files: ['src/rules/look-up.ts'], tests: ['rules/{tenant,resource}'] },
  { files: ['src/rules/phi.ts'], tests: ['rules/phi'] },
  { files: ['src/rules/policies.ts'], tests: ['rules/policies', 'access/agreements'] },
  { files: ['src/rules/resource.ts'], tests: ['rules/{resource,matches}'] },
  {
    files: ['src/rules/rules.ts'],
    tests: ['rules/{policies,accepts,phi,tenant,resource,address}'],
  },
  { files: ['src/rules/tenant.ts'], tests: ['rules/tenant', 'audit/denied-tenant'] },
  {
    files: ['src/keys/authority.ts', 'src/keys/held-keys.ts', 'src/keys/held-store.ts'],
    tests: [
      'gate/act-as',
      'keys/{made-by,held-list}',
      'keys/http/{restrictions,authority,details,judged-anew,self}',
    ],
  },
  { files: ['src/http/same-site.ts'], tests: ['http/places'] },
  {
    files: ['adapters/express/request.ts', 'adapters/koa/request.ts'],
    tests: [
      'adapters/recorded-path',
      'rules/{matches,resource,tenant}',
      'adapters/{otherwise,parity}',
    ],
  },
  { files: ['src/core/secrets.ts'], tests: ['core/{secrets,redaction,redaction-text}'] },
  {
    files: ['src/core/otherwise.ts'],
    tests: ['adapters/{otherwise,optional}'],
  },
  { files: ['src/core/route-limit-options.ts'], tests: ['limits/count'] },
  { files: ['src/keys/suspension.ts'], tests: ['keys/{suspension,revoke-all,revoke-races}'] },
  { files: ['src/keys/minimum-versions.ts'], tests: ['keys/{minimum-versions,key-cache}'] },
  {
    files: ['src/oauth/id-table.ts', 'src/oauth/replay-store.ts', 'src/oauth/revocations.ts'],
    tests: ['oauth/{id-table,service-accounts}', 'oauth/http/revocation'],
  },
  { files: ['src/webhooks/sign.ts'], tests: ['webhooks/sign'] },
  { files: ['src/keys/feed-monitor.ts'], tests: ['keys/{feed-edges,feed-monitor,serve-stale}'] },
  { files: ['src/keys/legacy.ts'], tests: ['keys/legacy', 'adapters/legacy'] },
  {
    files: ['src/audit/accesses.ts', 'src/audit/trail.ts'],
    tests: ['audit/{accesses,guards,record}', 'events/unusual', 'adapters/reading'],
  },
  {
    files: ['form-token', 'form', 'step-up', 'origin', 'take-form', 'front', 'sign-in'].map(
      (name) => `src/console/web/${name}.ts`,
    ),
    tests: ['console/{forms,front,keys,kept,queries}'],
  },
  {
    files: ['courier', 'sender', 'timed-outbox'].map((name) => `src/events/${name}.ts`),
    tests: ['events/{courier,delivery}', 'webhooks/webhooks'],
  },
  {
    files: ['src/keys/authenticate.ts', 'src/keys/auth-of-key.ts'],
    tests: [
      'keys/{known-key,authenticate,legacy,key-cache}',
      'oauth/authenticate',
      'adapters/grace',
      'keys/bulkhead',
    ],
  },
  {
    files: ['src/keys/key-cache.ts', 'src/keys/key-memory.ts'],
    tests: [
      'keys/{cache-edges,stale,serve-stale,minimum-versions,key-cache,feed-edges,feed-monitor}',
    ],
  },
  {
    files: [
      ...['agreements', 'requests', 'request-access', 'status', 'owner-cache', 'owner-access'],
      ...['policies', 'admission', 'approver', 'memory-stores'],
    ].map((name) => `src/access/${name}.ts`),
    tests: ['access/{access,agreements,beside,endpoints,memory-stores,store-answers}'],
  },
  {
    files: [
      'console',
      'description',
      'errors',
      'guard',
      'mountable',
      'reading',
      'tokens',
      'index',
    ].flatMap((name) => ['express', 'koa'].map((framework) => `adapters/${framework}/${name}.ts`)),
    tests: [
      'adapters/{answered,errors,guard,guard-path,mounting,parity,otherwise}',
      'gate/options',
      'console/frameworks',
    ],
  },
  {
    files: ['src/keys/create.ts', 'src/keys/rotate.ts', 'src/keys/update.ts'],
    tests: [
      'keys/{changes,rotate,keys,made-by,judged-and-kept,key-context,revoke,suspension}',
      'gate/act-as',
      'access/access',
      'keys/http/{restrictions,created-by}',
    ],
  },
  {
    files: ['src/limits/anonymous.ts', 'src/limits/joined-limits.ts'],
    tests: ['limits/{anonymous,charges,concurrency,cost,count,route-limit,rule,memory-store}'],
  },
  {
    files: ['src/jwt/issuer-book.ts'],
    tests: ['jwt/{issuer-book,app-calls}', 'keys/http/judged-anew'],
  },
  {
    files: ['src/jwt/authenticate.ts'],
    tests: ['jwt/{authenticate,app-calls,token-cache,introspection}', 'telemetry/unknown-scopes'],
  },
  { files: ['src/access/endpoint-actions.ts'], tests: ['access/endpoints'] },
  { files: ['src/jwt/introspection.ts'], tests: ['jwt/{introspection,outbound}'] },
  {
    files: ['src/jwt/key-set.ts', 'src/jwt/issuers.ts'],
    tests: ['jwt/{key-set,issuer-schema,outbound,app-calls}'],
  },
  {
    files: ['src/jwt/public-address.ts', 'src/jwt/outbound.ts'],
    tests: ['jwt/{public-address,outbound}'],
  },
  { files: ['src/core/app-caller.ts'], tests: ['core/app-caller'] },
  {
    files: ['src/oauth/issue.ts', 'src/oauth/signing-keys.ts'],
    tests: [
      'oauth/{tokens,signing-keys,authenticate,own-rights}',
      'oauth/http/rights',
      'telemetry/secret-source',
    ],
  },
  {
    files: ['src/oauth/tokens.ts'],
    tests: [
      'oauth/{tokens,service-accounts,authenticate}',
      'oauth/http/revocation',
      'jwt/issuer-book',
    ],
  },
  { files: ['src/limits/windows.ts'], tests: ['limits/{windows,credits,count,memory-store}'] },
  { files: ['src/core/requirement-reader.ts'], tests: ['core/{requirement-reader,requirement}'] },
  {
    files: ['src/oauth/token-service.ts'],
    tests: ['oauth/{tokens,service-accounts,signing-keys}', 'oauth/http/{revocation,rights,jwks}'],
  },
  {
    files: ['src/oauth/http/grant-types.ts', 'src/oauth/http/conclude.ts'],
    tests: ['oauth/http/{grant-types,rights,audit}'],
  },
  { files: ['src/keys/record.ts'], tests: ['keys/{keys,memory-store,suspension}'] },
  { files: ['src/oauth/http/token.ts'], tests: ['oauth/http/grant-types'] },
  { files: ['src/gate/owner-endpoint.ts'], tests: ['gate/owner-endpoint'] },
  {
    files: ['src/http/answers.ts'],
    tests: ['http/{answers,grants}', 'core/redaction', 'oauth/http/grant-types'],
  },
  {
    files: ['src/gate/steps.ts'],
    tests: [
      'gate/{pipeline,options,act-as}',
      'http/{hosts,transport,brute-force}',
      'limits/{anonymous,charges}',
      'keys/http/used-up',
      'oauth/http/{environments,grant-types}',
      'adapters/optional',
    ],
  },
  {
    files: ['src/gate/open-guard.ts'],
    tests: ['adapters/{otherwise,optional}', 'http/{hosts,places}', 'limits/anonymous'],
  },
  { files: ['src/telemetry/secret-source.ts'], tests: ['telemetry/secret-source'] },
  {
    files: ['src/gate/pipeline.ts'],
    tests: [
      'gate/{pipeline,act-as,owner-endpoint}',
      'adapters/{optional,tokens}',
      'http/{hosts,places}',
      'telemetry/{endpoints,charged-before}',
      'keys/http/{self,used-up,containment,judged-anew}',
      'oauth/{tokens,authenticate}',
      'oauth/http/revocation',
      'rules/matches',
    ],
  },
  { files: ['src/gate/opening.ts', 'src/gate/waiting.ts'], tests: ['gate/{opening,waiting}'] },
  { files: ['src/audit/owner-weights.ts'], tests: ['audit/owner-weights'] },
  { files: ['src/audit/visible-records.ts'], tests: ['audit/visible-records'] },
  { files: ['src/audit/found-lines.ts'], tests: ['audit/found-lines'] },
  { files: ['src/keys/memory-outbox.ts'], tests: ['keys/{memory-outbox,memory-store}'] },
  { files: ['src/limits/limiter.ts'], tests: ['limits/limiter'] },
  { files: ['src/limits/local-bursts.ts'], tests: ['limits/local-bursts'] },
  { files: ['src/audit/schema.ts'], tests: ['audit/{record-forms,found-lines}'] },
  { files: ['src/limits/leases.ts'], tests: ['limits/{leases,leased-store}'] },
  { files: ['src/keys/input.ts'], tests: ['keys/{input,keys}'] },
  { files: ['src/keys/import.ts'], tests: ['keys/{import,import-lines,legacy}'] },
  { files: ['src/keys/patient-call.ts'], tests: ['events/courier'] },
  {
    files: ['src/keys/key-context.ts'],
    tests: ['keys/{key-context,revoke,rotate,changes,announce}'],
  },
  {
    files: ['src/console/web/signed-in.ts', 'src/console/web/return-address.ts'],
    tests: ['console/{forms,front,keys,kept,person,review}'],
  },
]
