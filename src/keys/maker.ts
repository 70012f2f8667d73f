import * as z from 'zod/mini'
import { MAX_OWNER } from '../core/identifier.js'

const text = z.optional(z.string().check(z.minLength(1), z.maxLength(MAX_OWNER)))

/** See `KeyMaker`: a filter that names nobody must not find everybody's keys. */
export const makerSchema = z
  .strictObject({ subject: text, issuer: text, keyId: text })
  .check(
    z.refine(
      ({ subject, keyId }) => subject !== undefined || keyId !== undefined,
      "must have 'subject' or 'keyId', such as { subject: 'user_1' }",
    ),
  )
