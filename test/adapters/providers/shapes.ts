/** A token as the documentation of an issuer shows it; values are made up. */
export interface Shape {
  readonly name: string
  /** What an app writes. */
  readonly code: string
  readonly alg?: 'RS256' | 'ES256' | 'HS256'
  readonly header?: object
  /** `iat`, `exp` and so on are seconds from now. */
  readonly claims: Readonly<Record<string, unknown>>
  /** The scopes that the caller gets. */
  readonly scopes: readonly string[]
  readonly client?: string
}

const API = 'https://api.acme.example'
const TENANT = '11111111-2222-3333-4444-555555555555'
const AUTH0 = `auth0({ domain: 'acme.eu.auth0.com', audience: '${API}' })`
const auth0 = { iss: 'https://acme.eu.auth0.com/', aud: API, iat: 0, exp: 86_400 }
const ENTRA = `entra({ tenant: '${TENANT}', audience: 'api-guid' })`
const entra = {
  ...{ aud: 'api-guid', iss: `https://login.microsoftonline.com/${TENANT}/v2.0` },
  ...{ iat: 0, nbf: 0, exp: 4_000, azp: 'client_1', azpacr: '1', oid: 'oid-1', sub: 'pairwise' },
  ...{ tid: TENANT, ver: '2.0' },
}
const pool = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example'
const realm = {
  ...{ exp: 300, iat: 0, jti: 'onrtac:2c3f', iss: 'https://sso.acme.dev/realms/shop' },
  ...{ sub: 'f0b1', typ: 'Bearer', azp: 'web-app', sid: 's', acr: '1' },
}
const CLIENT = '1.apps.googleusercontent.com'
const google = { aud: CLIENT, azp: CLIENT, sub: '107', iat: 0, exp: 3_600, at_hash: 'HK6E_P6Dh8Y' }

/** Sources: the pages of the vendors on access tokens, ID tokens and their claims. */
export const SHAPES: readonly Shape[] = [
  {
    name: 'Auth0, user with permissions (RBAC)',
    code: AUTH0,
    claims: {
      ...{ ...auth0, sub: 'auth0|5f7c8ec7', azp: 'client_1', permissions: ['read:orders'] },
      ...{ aud: [API, 'https://acme.eu.auth0.com/userinfo'], scope: 'openid profile' },
    },
    ...{ scopes: ['read:orders'], client: 'client_1' },
  },
  {
    name: 'Auth0, machine to machine',
    code: AUTH0,
    claims: {
      ...auth0,
      sub: 'c1@clients',
      azp: 'c1',
      scope: 'read:orders',
      gty: 'client-credentials',
    },
    ...{ scopes: ['read:orders'], client: 'c1' },
  },
  {
    name: 'Auth0, RFC 9068 profile',
    code: AUTH0,
    header: { typ: 'at+jwt' },
    claims: { ...auth0, sub: 'auth0|1', client_id: 'c1', jti: 'j', scope: 'read:orders' },
    ...{ scopes: ['read:orders'], client: 'c1' },
  },
  {
    name: 'Okta, custom authorization server',
    code: `okta({ domain: 'acme.okta.com', audience: '${API}' })`,
    header: { typ: undefined },
    claims: {
      ...{ ver: 1, jti: 'AT.0mP4', iss: 'https://acme.okta.com/oauth2/default', aud: API },
      ...{ iat: 0, exp: 3_600, cid: 'client_1', uid: '00u1', auth_time: 0 },
      ...{ sub: 'jane@example.com', scp: ['read:orders', 'openid'] },
    },
    ...{ scopes: ['read:orders'], client: 'client_1' },
  },
  {
    name: 'Entra ID, version 1',
    code: `entra({ tenant: '${TENANT}', audience: 'api://orders', version: 1 })`,
    claims: {
      ...{
        aud: 'api://orders',
        iss: `https://sts.windows.net/${TENANT}/`,
        iat: 0,
        nbf: 0,
        exp: 4_000,
      },
      ...{ appid: 'client_1', appidacr: '0', oid: 'oid-1', sub: 'pairwise', tid: TENANT },
      ...{ scp: 'read:orders write:orders', upn: 'j@example.com', ver: '1.0' },
    },
    ...{ scopes: ['read:orders', 'write:orders'], client: 'client_1' },
  },
  {
    name: 'Entra ID, version 2, user',
    code: ENTRA,
    claims: { ...entra, scp: 'read:orders' },
    ...{ scopes: ['read:orders'], client: 'client_1' },
  },
  {
    name: 'Entra ID, version 2, program with app roles',
    code: ENTRA,
    claims: { ...entra, roles: ['read:orders'], sub: 'oid-1', idtyp: 'app' },
    ...{ scopes: ['read:orders'], client: 'client_1' },
  },
  {
    name: 'Entra ID, continuous access evaluation (28 hours)',
    code: ENTRA,
    claims: { ...entra, exp: 100_800, scp: 'read:orders', xms_cc: ['cp1'] },
    ...{ scopes: ['read:orders'], client: 'client_1' },
  },
  {
    name: 'Entra ID, several tenants',
    code: `entra({ tenants: ['${TENANT}'], audience: 'api-guid' })`,
    claims: { ...entra, scp: 'read:orders' },
    ...{ scopes: ['read:orders'], client: 'client_1' },
  },
  {
    name: 'Amazon Cognito, access token',
    code: "cognito({ userPool: 'eu-west-1_Example', clients: ['client_1'] })",
    header: { typ: undefined },
    claims: {
      ...{ sub: 'aaaaaaaa-bbbb', 'cognito:groups': ['admin'], iss: pool, version: 2, jti: 'j' },
      ...{ client_id: 'client_1', token_use: 'access', scope: 'read:orders', username: 'jane' },
      ...{ auth_time: 0, exp: 3_600, iat: 0 },
    },
    ...{ scopes: ['read:orders'], client: 'client_1' },
  },
  {
    name: 'Amazon Cognito, ID token',
    code: "cognito({ userPool: 'eu-west-1_Example', clients: ['client_1'], token: 'id' })",
    header: { typ: undefined },
    claims: {
      ...{ sub: 'aaaa', 'cognito:groups': ['admin'], iss: pool, aud: 'client_1', jti: 'j' },
      ...{ token_use: 'id', auth_time: 0, exp: 3_600, iat: 0, at_hash: 'x' },
    },
    scopes: ['admin'],
  },
  {
    name: 'Keycloak, roles of the realm, no audience mapper',
    code: "keycloak({ url: 'https://sso.acme.dev', realm: 'shop', clients: ['web-app'], realmRoles: true })",
    claims: {
      ...{ ...realm, aud: 'account', scope: 'openid email', auth_time: 0 },
      realm_access: { roles: ['offline_access', 'admin'] },
      resource_access: { account: { roles: ['manage-account'] } },
    },
    ...{ scopes: ['admin'], client: 'web-app' },
  },
  {
    name: 'Keycloak, client credentials',
    code: "keycloak({ url: 'https://sso.acme.dev', realm: 'shop', clients: ['worker'] })",
    claims: { ...realm, azp: 'worker', client_id: 'worker', scope: 'read:orders' },
    ...{ scopes: ['read:orders'], client: 'worker' },
  },
  {
    name: 'Keycloak, 250 roles of a client',
    code: "keycloak({ url: 'https://sso.acme.dev', realm: 'shop', audience: 'api', clientRoles: 'shop' })",
    claims: {
      ...{ ...realm, aud: 'api', scope: 'read:orders' },
      resource_access: {
        shop: {
          roles: [
            'admin',
            ...Array.from({ length: 250 }, (_, i) => `role-of-department-${String(i)}`),
          ],
        },
      },
    },
    ...{ scopes: ['read:orders', 'admin'], client: 'web-app' },
  },
  {
    name: 'Keycloak, 17 audiences (audience resolve)',
    code: "keycloak({ url: 'https://sso.acme.dev', realm: 'shop', audience: 'shop-api' })",
    claims: {
      ...{ ...realm, scope: 'read:orders' },
      aud: ['shop-api', ...Array.from({ length: 16 }, (_, i) => `c${String(i)}`)],
    },
    ...{ scopes: ['read:orders'], client: 'web-app' },
  },
  {
    name: 'Google, ID token',
    code: `google({ audience: '${CLIENT}' })`,
    claims: { ...google, iss: 'https://accounts.google.com', email: 'j@example.com' },
    ...{ scopes: [], client: CLIENT },
  },
  {
    name: 'Google, ID token, iss without https',
    code: `google({ audience: '${CLIENT}' })`,
    claims: { ...google, iss: 'accounts.google.com' },
    ...{ scopes: [], client: CLIENT },
  },
  {
    name: 'Firebase, ID token with a custom claim',
    code: "firebase({ project: 'acme-prod', flags: ['admin'] })",
    claims: {
      ...{ iss: 'https://securetoken.google.com/acme-prod', aud: 'acme-prod', auth_time: 0 },
      ...{ user_id: 'u1', sub: 'u1', iat: 0, exp: 3_600, admin: true },
      firebase: { identities: {}, sign_in_provider: 'password' },
    },
    scopes: ['admin'],
  },
  {
    name: 'Supabase, user',
    code: "supabase({ project: 'abc' })",
    alg: 'ES256',
    claims: {
      ...{ aal: 'aal1', aud: 'authenticated', exp: 3_600, iat: 0, is_anonymous: false, sub: 'u1' },
      ...{ iss: 'https://abc.supabase.co/auth/v1', role: 'authenticated', session_id: 's' },
      ...{ app_metadata: { provider: 'email', roles: ['admin'] }, user_metadata: {} },
    },
    scopes: ['admin'],
  },
  {
    name: 'Clerk, session token of version 2',
    code: "clerk({ domain: 'clerk.acme.example', clients: ['https://app.acme.example'] })",
    claims: {
      ...{ azp: 'https://app.acme.example', exp: 60, fva: [-1, -1], iat: 0, jti: 'j', nbf: -10 },
      ...{ iss: 'https://clerk.acme.example', sid: 'sess_1', sts: 'active', sub: 'user_1', v: 2 },
      o: { id: 'org_1', per: 'read,manage', rol: 'admin', slg: 'acme' },
    },
    ...{ scopes: ['admin'], client: 'https://app.acme.example' },
  },
  {
    name: 'WorkOS AuthKit, access token',
    code: "workos({ client: 'client_1' })",
    header: { typ: undefined },
    claims: {
      ...{ iss: 'https://api.workos.com', sub: 'user_1', org_id: 'org_1', role: 'member' },
      ...{ permissions: ['read:orders'], sid: 'session_1', jti: 'j', exp: 300, iat: 0 },
    },
    scopes: ['read:orders'],
  },
  {
    name: 'Zitadel, roles as an object',
    code: "zitadel({ url: 'https://acme.zitadel.cloud', project: '12345' })",
    claims: {
      ...{ iss: 'https://acme.zitadel.cloud', sub: '1708', aud: ['1708@shop', '12345'], jti: '1' },
      ...{ exp: 43_199, iat: 0, nbf: 0, client_id: '1708@shop' },
      'urn:zitadel:iam:org:project:roles': { admin: { 1709: 'acme.zitadel.cloud' } },
    },
    ...{ scopes: ['admin'], client: '1708@shop' },
  },
  {
    name: 'GitHub Actions',
    code: "githubActions({ audience: 'acme', repository: 'octo-org/octo-repo', scopes: ['write:orders'] })",
    claims: {
      ...{ jti: 'j', sub: 'repo:octo-org/octo-repo:environment:prod', aud: 'acme' },
      ...{ ref: 'refs/heads/main', repository: 'octo-org/octo-repo', nbf: -600, exp: 900, iat: 0 },
      iss: 'https://token.actions.githubusercontent.com',
    },
    scopes: ['write:orders'],
  },
  {
    name: 'Kubernetes, projected token of a service account',
    code: "kubernetes({ audience: 'orders', accounts: { 'shop/orders': ['read:orders'] } })",
    header: { typ: undefined },
    claims: {
      ...{ aud: ['orders'], exp: 3_607, iat: 0, jti: 'j', nbf: 0 },
      iss: 'https://kubernetes.default.svc.cluster.local',
      'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'orders', uid: 'u' } },
      sub: 'system:serviceaccount:shop:orders',
    },
    scopes: ['read:orders'],
  },
  {
    name: 'Cloudflare Access, service token',
    code: "cloudflareAccess({ team: 'acme', audience: 'f861' })",
    header: { typ: undefined },
    claims: {
      ...{ aud: 'f861', exp: 3_600, iss: 'https://acme.cloudflareaccess.com', iat: 0, sub: '' },
      ...{ common_name: 'x.access', type: 'app' },
    },
    scopes: [],
  },
  {
    name: 'Any OpenID provider',
    code: `oidc({ issuer: 'https://login.acme.example', audience: '${API}' })`,
    claims: {
      ...{ iss: 'https://login.acme.example', aud: API, sub: 42, iat: 0, exp: 3_600, azp: 'c1' },
      scope: 'read:orders openid',
    },
    ...{ scopes: ['read:orders'], client: 'c1' },
  },
]
