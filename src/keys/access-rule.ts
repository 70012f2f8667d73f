import type { MaybePromise } from '../lib/maybe.js'
import type { KeyRecord } from './record.js'

/** What is asked about a key before it is made. */
export type AskedKey = Pick<KeyRecord, 'ownerId' | 'environment' | 'scopes' | 'plan'>

/** Whether an owner may have a key: not, and what is missing in words for the owner; or yes, and what it has by its approval. */
export type KeyAdmission =
  | {
      readonly refused: 'access_not_approved' | 'terms_not_accepted'
      readonly message: string
    }
  | {
      readonly refused?: never
      /** For a key that names none. */
      readonly plan?: string
    }

/** Says whether an owner may have keys. @throws {StoreError} where that cannot be known */
export type AdmitKey = (key: AskedKey) => MaybePromise<KeyAdmission>
