import type { ApiKey } from '../../keys/record.js'
import { findKey, isRotatable, mayChange } from '../keys/managed-keys.js'
import { historyOf } from '../keys/history.js'
import { limitsSection } from '../keys/limits.js'
import { PAUSE_NOTE } from '../keys/new-key.js'
import { usageSection } from '../keys/usage.js'
import { makerLink, stateTag, timeLeft } from '../keys/words.js'
import { html, type Markup } from '../kit/html.js'
import { card, chips, facts, notice } from '../kit/parts.js'
import { page, type Page, type PageRequest } from '../web/exchange.js'

/** All of one key. */
export async function keyPage(asked: PageRequest): Promise<Page> {
  const { gate, keys, key } = await findKey(asked)
  const predecessor = key.rotatedFrom === undefined ? undefined : await keys.get(key.rotatedFrom)
  const grace = graceNotice(asked, key, predecessor)
  const body = html`<div class="stack">
    ${grace}
    <div class="grid2">
      <div class="stack">
        ${await usageSection(asked, keys, key)} ${await limitsSection(asked, gate, key)}
        ${await historyOf(asked, gate, key)}
      </div>
      <div class="stack">
        ${card('Details', details(asked, { ...key, ...gate.endpoints.owner.inForce(key) }))}
        ${card('Rights', rights(key))}
      </div>
    </div>
  </div>`
  return page({
    title: key.name,
    lead: html`<code>${key.hint}</code> ${stateTag(key, asked.portal.format)}`,
    trail: [['keys', 'Keys']],
    actions: html`${mayChange(asked, key) && actionsFor(asked, key, grace !== undefined)}
    ${logLink(asked, key)}`,
    body,
  })
}

/** Who has used it, request by request. */
function logLink({ can, root }: PageRequest, { id, environment }: ApiKey): Markup | undefined {
  if (!can('audit:view')) return undefined
  const query = new URLSearchParams({ environment, key: id }).toString()
  return html`<a class="btn" href="${root}audit?${query}">Audit log</a>`
}

/** @param isPair whether another key ends with it */
function actionsFor({ root }: PageRequest, key: ApiKey, isPair: boolean): Markup {
  const { id, state } = key
  if (state !== 'active' && state !== 'disabled') return html``
  const at = `${root}keys/${id}`
  return html`${isRotatable(key) && html`<a class="btn main" href="${at}/rotate">Rotate</a>`}
    <a class="btn" href="${at}/edit">Edit</a>
    ${state === 'disabled' ? html`<a class="btn" href="${at}/resume">Resume</a>` : html`<a class="btn" href="${at}/pause">Pause</a>`}
    <a class="btn mild" href="${at}/revoke">${isPair ? 'Revoke both' : 'Revoke'}</a>`
}

/** While a grace runs, both keys say so. */
function graceNotice(
  asked: PageRequest,
  key: ApiKey,
  predecessor: ApiKey | undefined,
): Markup | undefined {
  const { portal, root } = asked
  const { format } = portal
  const old = key.rotatedTo !== undefined ? key : predecessor
  if (old?.state !== 'active' || old.expiresAt === undefined) return undefined
  const used =
    old.lastUsedAt === undefined
      ? 'It was never used.'
      : html`It was last used ${format.ago(old.lastUsedAt)}.`
  const successor = key.rotatedTo ?? key.id
  const mayEnd = mayChange(asked, old)
  return notice(
    'warn',
    old === key ? 'This key was rotated' : 'The old key still works',
    html`<p>
      ${old === key ? 'It' : html`<a href="${root}keys/${old.id}">The key before it</a>`} works
      until ${format.time(old.expiresAt)}, ${timeLeft(old.expiresAt, portal.options.clock())}.
      ${used}
    </p>`,
    html`<div class="acts">
      ${old === key && html`<a class="btn" href="${root}keys/${successor}">Go to its successor</a>`}
      ${mayEnd && html`<a class="btn mild" href="${root}keys/${old.id}/end">Revoke the old one now</a>`}
    </div>`,
  )
}

function details({ portal, root }: PageRequest, key: ApiKey): Markup {
  const { format } = portal
  const { metadata } = key
  const noted = (name: string) => {
    const text = metadata[name]
    return typeof text === 'string' ? text : undefined
  }
  return facts([
    ['Description', noted('description')],
    ['Stored in', noted('stored_in')],
    ['Environment', key.environment],
    ['Kind', key.kind === 'pk' ? 'Publishable' : 'Secret'],
    ['Plan', key.plan],
    ['Created', html`${format.time(key.createdAt)}`],
    ['Created by', makerLink(key, root)],
    ['Expires', key.expiresAt === undefined ? 'Never' : format.time(key.expiresAt)],
    ['Paused', key.disabledAt && format.time(key.disabledAt)],
    ['Paused because', key.disabledAt && noted(PAUSE_NOTE)],
    ['Revoked', key.revokedAt && format.time(key.revokedAt)],
    ['Reason', key.revocationReason],
    ['Key id', html`<code>${key.id}</code>`],
  ])
}

function rights({ scopes, tenantIds, resources, allowedIps }: ApiKey): Markup {
  return facts([
    ['Scopes', scopes.length === 0 ? 'None' : chips(scopes)],
    ['Tenants', tenantIds && (tenantIds.length === 0 ? 'None' : chips(tenantIds))],
    ['Resources', resources && (resources.length === 0 ? 'None' : chips(resources))],
    [
      'Addresses',
      allowedIps === undefined
        ? 'Any address'
        : allowedIps.length === 0
          ? 'None'
          : chips(allowedIps),
    ],
  ])
}
