/** What rules have found out of a request, for those after them and for guards after this one. */
export interface Findings {
  /** The tenant whose data the request touches, once it is known that the caller may act for it. */
  tenantId?: string | undefined
  /** Whether the request was held to the resources of its caller. */
  resourceChecked?: boolean | undefined
}

/** Before anything was looked at. */
export const NOTHING_FOUND: Readonly<Findings> = Object.freeze({
  tenantId: undefined,
  resourceChecked: undefined,
})
