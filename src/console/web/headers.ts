import type { Headers } from '../../core/auth.js'

/** Nothing but what this console itself serves; and no script makes HTML from text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Of each answer but assets. */
export function commonHeaders(requestId: string): Headers {
  return {
    'content-security-policy': POLICY,
    'cache-control': 'no-store',
    // With `no-referrer`, browsers would send `Origin: null` with forms.
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'clipboard-write=(self)',
    'x-request-id': requestId,
  }
}
