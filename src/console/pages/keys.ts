import { html } from '../kit/html.js'
import { card, empty, table } from '../kit/parts.js'
import { page, type Page, type PageRequest } from '../web/exchange.js'
import { lastUse, makerOf, stateTag } from '../key-words.js'

/** The table of keys. */
export async function keysPage({ portal, user, root }: PageRequest): Promise<Page> {
  const { format, gates } = portal
  const { items } = await gates.first.keys.list({ ownerId: user.ownerId })
  const keys = items.filter(({ environment }) => user.environments.includes(environment))
  const columns = ['Key', 'Environment', 'Scopes', 'Created by', 'Last used', 'State'].map(
    (title) => ({ title }),
  )
  const rows = keys.map((key) => [
    html`${key.name}<code class="small quiet">${key.hint}</code>`,
    key.environment,
    String(key.scopes.length),
    makerOf(key),
    lastUse(key, format),
    stateTag(key, format),
  ])
  const body =
    rows.length === 0
      ? card(undefined, empty('No keys yet', 'A key lets a program call this API.'))
      : html`<section class="card flush">
          ${table({ caption: 'Keys', columns, rows, kind: 'keys' })}
        </section>`
  return page({ title: 'Keys', trail: [['', 'Overview']], body: html`${body}${root === '' && ''}` })
}
