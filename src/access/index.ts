export type { Access } from './access.js'
export {
  ACCESS_STATES,
  LIVE_STATES,
  type AccessChanges,
  type AccessFilter,
  type AccessRequest,
  type AccessState,
  type AccessStep,
  type AccessStore,
  type TermsVersion,
} from './access-store.js'
export type {
  Acceptance,
  AcceptanceEnd,
  AcceptanceFilter,
  AgreementStore,
} from './agreement-store.js'
export type { Agreements } from './agreements.js'
export type { Terms } from './check-options.js'
export { createAccess } from './create-access.js'
export {
  acceptanceFrom,
  accessRequestFrom,
  pageOf,
  placeIn,
  type ListPlace,
  type RowReader,
} from './documents.js'
export type {
  AcceptedTerms,
  AcceptInput,
  ApproveInput,
  DecideInput,
  RecordAgreementInput,
  RequestAccessInput,
  StepInput,
} from './input.js'
export {
  createMemoryAccessStore,
  createMemoryAgreementStore,
  type MemoryAccessOptions,
} from './memory-stores.js'
export type { AccessOptions, TermsOptions } from './options.js'
export type { OwnerAccess, OwnerTerms } from './owner-access.js'
export type { AccessPerson } from './person.js'
export type { EnvironmentAccess, MissingAccess } from './status.js'
