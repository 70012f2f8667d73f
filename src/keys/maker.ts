import * as v from 'valibot'
import { IDENTIFIER_RULE, isIdentifier, MAX_OWNER } from '../core/identifier.js'
import { hasSecret } from '../core/secrets.js'
import { lazily } from '../lib/lazily.js'
import { strictObject } from '../lib/schema-objects.js'

const name = lazily(() =>
  v.optional(
    v.pipe(
      v.string(),
      v.minLength(1),
      v.maxCodePoints(MAX_OWNER),
      v.check((text) => isIdentifier(text), IDENTIFIER_RULE),
      v.check((text) => !hasSecret(text), 'must not have an API key or a token in it'),
    ),
  ),
)

/** A `KeyCreator` that somebody gives. */
export const creatorSchema = lazily(() =>
  v.pipe(
    strictObject({
      keyId: name(),
      issuer: name(),
      subject: name(),
      clientId: name(),
      app: v.optional(v.literal(true)),
      operator: v.optional(v.literal(true)),
      name: name(),
    }),
    v.check(
      ({ subject, keyId, clientId }) => (subject ?? keyId ?? clientId) !== undefined,
      "must have 'subject', 'keyId' or 'clientId', such as { subject: 'user_1' }",
    ),
  ),
)

const text = lazily(() =>
  v.optional(v.pipe(v.string(), v.minLength(1), v.maxCodePoints(MAX_OWNER))),
)

/** See `KeyMaker`: a filter that names nobody must not find everybody's keys. */
export const makerSchema = lazily(() =>
  v.pipe(
    strictObject({
      ...{ subject: text(), issuer: text(), keyId: text() },
      app: v.optional(v.literal(true)),
    }),
    v.check(
      ({ subject, keyId }) => subject !== undefined || keyId !== undefined,
      "must have 'subject' or 'keyId', such as { subject: 'user_1' }",
    ),
  ),
)
