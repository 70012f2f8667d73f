import { createHash } from 'node:crypto'
import type { AuditEvent } from 'sallyport'
import type { Coding } from './codes.js'

/** What is used of a Reference of FHIR R4. */
export interface Reference {
  readonly reference?: string
  readonly type?: string
  readonly identifier?: { readonly system?: string; readonly value: string }
  readonly display?: string
}

export interface Agent {
  readonly type: { readonly coding: readonly Coding[] }
  readonly who: Reference
  /** As `callerId` tells callers apart: the same user in two clients, or for two organizations, is two. */
  readonly altId?: string
  readonly requestor: boolean
  readonly policy?: readonly string[]
  readonly network?: { readonly address: string; readonly type: '1' | '2' }
}

export interface Entity {
  readonly what: Reference
  readonly type: Coding
  readonly role?: Coding
  readonly name?: string
}

/** What is used of an AuditEvent of FHIR R4. */
export interface FhirAuditEvent {
  readonly resourceType: 'AuditEvent'
  readonly id: string
  readonly meta?: {
    readonly profile?: readonly string[]
    readonly security?: readonly Coding[]
    readonly tag?: readonly Coding[]
  }
  readonly contained?: readonly object[]
  readonly type: Coding
  readonly subtype: readonly Coding[]
  readonly action: string
  readonly period?: { readonly start: string; readonly end: string }
  readonly recorded: string
  readonly outcome?: '0' | '4' | '8'
  readonly outcomeDesc?: string
  readonly agent: readonly Agent[]
  readonly source: { readonly observer: Reference; readonly type: readonly Coding[] }
  readonly entity?: readonly Entity[]
}

const ID = /^[A-Za-z0-9.-]{1,64}$/

/** An id as FHIR has them: the same for the same. */
export function idOf(id: string): string {
  return ID.test(id) ? id : createHash('sha256').update(id).digest('hex')
}

/** To a resource of FHIR by its name, where it can be one. */
export function referenceTo(resource: string, id: string): Reference {
  if (/^[A-Z][A-Za-z]{1,63}$/.test(resource) && ID.test(id)) {
    return { reference: `${resource}/${id}`, type: resource }
  }
  return { identifier: { value: id }, display: resource }
}

export function agent(type: Coding, who: Reference, more: Partial<Agent> = {}): Agent {
  return { type: { coding: [type] }, who, requestor: false, ...more }
}

/** The server that wrote it: its instance. */
export function observerOf({ writer }: AuditEvent): string {
  return writer.slice(0, Math.max(writer.indexOf('.'), 0)) || writer
}
