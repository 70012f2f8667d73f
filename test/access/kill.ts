import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { AccessError } from 'sallyport'
import {
  createAccess,
  type AccessRequest,
  type AccessStore,
  type AgreementStore,
} from 'sallyport/access'
import { programOf } from '../program.js'

/** At which statement of which step a process dies. */
export interface Death {
  /** Of SQLite. */
  readonly path?: string
  /** Of PostgreSQL. */
  readonly url?: string
  readonly act: 'approve' | 'accept'
  /** The request, or the owner. */
  readonly id: string
  /** The first is 1. */
  readonly statement: number
  readonly when: 'sent' | 'answered'
}

export type Plan = Omit<Death, 'id' | 'statement'>

/** How a process ends whose store did not answer in time. */
export const SLOW = 2
export const TERMS = { 'api-terms': { version: '1', text: 'Be nice.' } }

export interface Stores {
  readonly store: AccessStore
  readonly agreements: AgreementStore
}

/** Kills at the first statement, at the second and so on, until a process comes through. What did not hold afterwards, and how many were killed. */
export async function killEverywhere(
  stores: Stores,
  plan: Plan,
): Promise<{ readonly killed: number; readonly broken: readonly string[] }> {
  const broken: string[] = []
  for (let statement = 1; ; statement++) {
    const { died, wrong } = await killAt(stores, plan, statement)
    broken.push(...wrong.map((text) => `${String(statement)}: ${text}`))
    if (!died) return { killed: statement - 1, broken }
  }
}

async function killAt(stores: Stores, plan: Plan, statement: number, left = 20) {
  const access = createAccess({ ...stores, terms: {} })
  const ownerId = `org_${plan.act}_${plan.when}_${String(statement)}_${String(left)}`
  const asked = { ownerId, useCase: 'x', environments: ['live'], by: { id: 'user_1' } }
  const id = plan.act === 'approve' ? (await access.request(asked)).id : ownerId
  const death: Death = { ...plan, id, statement }
  const program = programOf(join(import.meta.dirname, 'mortal.ts'))
  const child = spawn(process.execPath, [program, JSON.stringify(death)], { stdio: 'inherit' })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (code === SLOW && left > 0) return killAt(stores, plan, statement, left - 1)
  if (signal === null && code !== 0) throw new Error(`The process failed: ${String(code)}`)
  const died = signal === 'SIGKILL'
  const wrong =
    plan.act === 'approve'
      ? await complaintsOfRequest(stores, id)
      : await complaintsOfAcceptance(stores, ownerId)
  return { died, wrong }
}

/** It is as it was, or wholly approved; and whoever asked can try again. */
async function complaintsOfRequest(stores: Stores, id: string): Promise<string[]> {
  const access = createAccess({ ...stores, terms: {} })
  const found = await access.get(id)
  if (found === undefined) return ['it is gone']
  const isWhole = found.state === 'requested' ? isAsked(found) : isApproved(found)
  if (!isWhole) return [`torn: ${JSON.stringify(found)}`]
  if (found.state === 'approved') return []
  try {
    const approved = await access.approve(id, { by: { id: 'approver_2' } })
    return approved.state === 'approved' ? [] : ['it cannot be approved any more']
  } catch (error) {
    if (!(error instanceof AccessError && error.code === 'wrong_state')) throw error
    // What the dead process had sent last has arrived only now: all of it, or nothing.
    const late = await access.get(id)
    return late !== undefined && isApproved(late) ? [] : [`torn later: ${JSON.stringify(late)}`]
  }
}

function isAsked({ version, steps, conditions }: AccessRequest): boolean {
  return version === 1 && steps.length === 1 && conditions === undefined
}

function isApproved({ version, state, steps, conditions }: AccessRequest): boolean {
  const isWhole = state === 'approved' && conditions === 'None.'
  return isWhole && version === 2 && steps.length === 2 && steps[1]?.by.id === 'approver_1'
}

async function complaintsOfAcceptance(stores: Stores, ownerId: string): Promise<string[]> {
  const { agreements } = createAccess({ ...stores, terms: TERMS })
  const { length } = (await agreements.list({ ownerId })).items
  if (length > 1) return ['it was accepted twice']
  const terms = { id: 'api-terms', version: '1' }
  await agreements.accept({ ownerId, by: { id: 'user_1' }, terms })
  const after = (await agreements.list({ ownerId })).items
  return after.length === 1 ? [] : [`${String(after.length)} acceptances`]
}
