import * as z from 'zod/mini'
import { IDENTIFIER_RULE, isIdentifier, MAX_OWNER } from '../core/identifier.js'
import { hasSecret } from '../core/secrets.js'
import { lazily } from '../lib/lazily.js'

const name = lazily(() =>
  z.optional(
    z.string().check(
      z.minLength(1),
      z.maxLength(MAX_OWNER),
      z.refine((text) => isIdentifier(text), IDENTIFIER_RULE),
      z.refine((text) => !hasSecret(text), 'must not have an API key or a token in it'),
    ),
  ),
)

/** A `KeyCreator` that somebody gives. */
export const creatorSchema = lazily(() =>
  z
    .strictObject({
      keyId: name(),
      issuer: name(),
      subject: name(),
      clientId: name(),
      app: z.optional(z.literal(true)),
      operator: z.optional(z.literal(true)),
      name: name(),
    })
    .check(
      z.refine(
        ({ subject, keyId, clientId }) => (subject ?? keyId ?? clientId) !== undefined,
        "must have 'subject', 'keyId' or 'clientId', such as { subject: 'user_1' }",
      ),
    ),
)

const text = lazily(() => z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_OWNER))))

/** See `KeyMaker`: a filter that names nobody must not find everybody's keys. */
export const makerSchema = lazily(() =>
  z
    .strictObject({ subject: text(), issuer: text(), keyId: text() })
    .check(
      z.refine(
        ({ subject, keyId }) => subject !== undefined || keyId !== undefined,
        "must have 'subject' or 'keyId', such as { subject: 'user_1' }",
      ),
    ),
)
