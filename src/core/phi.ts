/** What is done with health information, in the words of REST; a search is over many records. */
export const PHI_ACTIONS = ['create', 'read', 'update', 'delete', 'search'] as const

export type PhiAction = (typeof PHI_ACTIONS)[number]

/** What an environment does with protected health information (PHI). */
export const PHI_HANDLINGS = ['allowed', 'synthetic', 'refused'] as const

/**
 * `'allowed'`: it is real, and each access is recorded. `'synthetic'`: it is made up; no audit trail and no agreement is needed. `'refused'`: there is
 * none, and routes that touch it answer 403.
 */
export type PhiHandling = (typeof PHI_HANDLINGS)[number]

/** Protected health information that a request touches. */
export interface PhiAccess {
  /** What it is, such as the name of a FHIR resource: `'Patient'`. 1 to 64 characters. */
  readonly resource: string
  readonly action: PhiAction
  /** Of which records: at most 1,000, of 1 to 128 characters each. */
  readonly ids?: readonly string[]
}
