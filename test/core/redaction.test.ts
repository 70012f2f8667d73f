import { expect, test } from '@jest/globals'
import { createCleaner } from '../../src/core/redaction.js'
import { createPair, signToken } from '../jwt/issuer.js'

const MAX = 400
const BODY = 'Zk3Qm9Xv7Rt2Wp5Ys8Lc4Nd6Hf1Jg0Ba'
const token = await signToken({}, createPair('EdDSA', 'login'))

test.each([
  ['a key of this gate', `acme_live_sk_${BODY}`, BODY, undefined],
  ['a key of another gate', `other_live_sk_${BODY}`, BODY, undefined],
  ['a token', token, token, undefined],
  ['what the request came with, of whatever form', `plain-${BODY}`, BODY, `plain-${BODY}`],
])(
  'a secret across the place where a text is cut is no part of what is left: %s',
  (_, secret, part, presented) => {
    const clean = createCleaner('acme')
    for (let kept = 1; kept < Math.min(secret.length, MAX); kept++) {
      const left = clean(`${'x'.repeat(MAX - kept - 1)} ${secret} and more`, MAX, presented)
      expect(left.length).toBeLessThanOrEqual(MAX)
      expect(left).not.toContain(part.slice(0, 3))
    }
  },
)
