import { STATUS_CODES } from 'node:http'
import { REASON_NAMES } from '../../core/denial.js'
import type { GateDescription } from '../../gate/description.js'
import type { Gate } from '../../gate/gate.js'
import { callingOf } from '../keys/request-example.js'
import { routesIn } from '../keys/openapi-routes.js'
import { wordsOfPlan } from '../keys/plan-words.js'
import { spokenDuration } from '../kit/format.js'
import { html, type Markup } from '../kit/html.js'
import { card, table } from '../kit/parts.js'
import { Problem } from '../kit/problem.js'
import { page, type Download, type Page, type PageRequest } from '../web/exchange.js'

/** How to call this API: all of it as the gate has it. */
export function docsPage(asked: PageRequest): Page {
  const { portal, user } = asked
  const [environment = ''] = user.environments
  const gate = portal.gates.of(environment) ?? portal.gates.first
  const description = gate.describe()
  const body = html`<div class="stack">
    ${firstCall(asked, gate, environment)} ${hosts(asked, gate, description)}
    ${scopes(asked, description)} ${endpoints(asked)} ${plans(asked, description)}
    ${errors(description)}
  </div>`
  const lead = 'Where to send a key, what it may do, and what the answers mean.'
  const actions = downloadLinks(asked)
  return page({ title: 'How to call this API', lead, ...(actions && { actions }), body })
}

/** @throws {Problem} 404 where the app gives none */
export function openApiFile({ portal }: PageRequest): Download {
  return fileOf('openapi.json', portal.options.description?.openApi())
}

/** @throws {Problem} 404 where the app gives none */
export function postmanFile({ portal }: PageRequest): Download {
  return fileOf('postman.json', portal.options.description?.postman())
}

function fileOf(name: string, document: object | undefined): Download {
  if (document === undefined) throw new Problem(404)
  const text = `${JSON.stringify(document, undefined, 2)}\n`
  return { kind: 'download', type: 'application/json', name, text }
}

function downloadLinks({ root, portal }: PageRequest): Markup | undefined {
  if (portal.options.description === undefined) return undefined
  return html`<a class="btn" href="${root}docs/openapi.json">Download OpenAPI</a>
    <a class="btn" href="${root}docs/postman.json">Download Postman collection</a>`
}

/** What can be called, where the app has described it. */
function endpoints({ portal }: PageRequest): Markup | undefined {
  const routes = routesIn(portal.options.description?.openApi())
  if (routes.length === 0) return undefined
  const rows = routes.map(({ method, path, summary, scopes }) => [
    html`<code>${method} ${path}</code>`,
    summary,
    scopes.length === 0 ? undefined : html`<code>${scopes.join(' ')}</code>`,
  ])
  return section('Endpoints', ['Request', 'What it does', 'Scopes'], rows)
}

function firstCall(asked: PageRequest, gate: Gate, environment: string): Markup {
  const { curl, header } = callingOf(asked, gate, environment)
  const [name] = header('')
  return card(
    'Send a key',
    html`<p class="note">
      Send the key in the header <code>${name}</code> of each request, over HTTPS.
    </p>`,
    html`<div class="secret"><code>${curl('YOUR_API_KEY')}</code></div>`,
  )
}

function hosts(asked: PageRequest, gate: Gate, { environments, keys }: GateDescription) {
  const own = environments.filter(({ name }) => asked.user.environments.includes(name))
  const rows = own.map(({ name, hosts: named }) => [
    name,
    named.length === 0 ? callingOf(asked, gate, name).origin : named.join(', '),
    html`<code>${keys.prefix}_${name}_</code>`,
  ])
  return section(
    'Environments',
    ['Environment', 'Host', 'Key prefix'],
    rows,
    `A key works only in its own environment. Rotate it every ${spokenDuration(keys.rotateAfter)}.`,
  )
}

/** All of the API; where the app describes it, those of endpoints that it describes, and those of the person: it may leave out what is for its own staff. */
function scopes(
  { portal, user }: PageRequest,
  { scopes: known }: GateDescription,
): Markup | undefined {
  const { description } = portal.options
  const described = description && routesIn(description.openApi()).flatMap((one) => one.scopes)
  const shown = described && new Set<string>([...described, ...user.scopes])
  const all = known.filter(({ name }) => shown?.has(name) ?? true)
  if (all.length === 0) return undefined
  const rows = all.map(({ name, title, description }) => [
    html`<code>${name}</code>`,
    [title, description].filter(Boolean).join(': '),
  ])
  return section('Scopes', ['Scope', 'What it allows'], rows)
}

/** Who sees keys or their use sees what limits them. */
const LIMITED = ['keys:view', 'keys:own', 'keys:all', 'usage:view'] as const

function plans(
  asked: PageRequest,
  { plans: all, defaultPlan }: GateDescription,
): Markup | undefined {
  const names = Object.keys(all)
  if (names.length === 0 || !LIMITED.some(asked.can)) return undefined
  const rows = names.map((name) => [
    name === defaultPlan ? `${name} (default)` : name,
    wordsOfPlan(all[name], asked.portal.format),
  ])
  return section(
    'Rate limits',
    ['Plan', 'Limits'],
    rows,
    'Requests above a limit are answered with 429.',
  )
}

function errors({ errors: { responses } }: GateDescription): Markup {
  const byStatus = new Map<number, (keyof typeof responses)[]>()
  for (const reason of REASON_NAMES) {
    const { status } = responses[reason]
    byStatus.set(status, [...(byStatus.get(status) ?? []), reason])
  }
  const rows = [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, reasons]) => {
      const bodies = reasons.map((reason) => [reason, responses[reason].body] as const)
      return [
        String(status),
        STATUS_CODES[status],
        html`<details>
          <summary>
            Show ${reasons.length === 1 ? 'an example' : `${String(reasons.length)} examples`}
          </summary>
          ${bodies.map(
            ([reason, body]) =>
              html`<h3><code>${reason}</code></h3>
                <pre>${JSON.stringify(body, undefined, 2)}</pre>`,
          )}
        </details>`,
      ]
    })
  return section('Errors', ['Status', 'What it is', 'Answer'], rows, ERRORS_NOTE)
}

const ERRORS_NOTE = 'Each answer has a reason. The audit log names the same reasons.'

function section(
  title: string,
  columns: readonly string[],
  rows: Parameters<typeof table>[0]['rows'],
  note?: string,
): Markup {
  return html`<section class="card">
    <h2>${title}</h2>
    ${note !== undefined && html`<p class="note">${note}</p>`}
    ${table({ caption: title, kind: 'wide', columns: columns.map((one) => ({ title: one })), rows })}
  </section>`
}
