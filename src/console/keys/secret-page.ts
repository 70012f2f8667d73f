import type { ApiKey } from '../../keys/record.js'
import { html, type Markup, type Piece } from '../kit/html.js'
import { card } from '../kit/parts.js'
import { page, type Page } from '../web/exchange.js'

interface SecretPage {
  readonly root: string
  readonly title: string
  readonly key: ApiKey & { readonly secret: string }
  /** A request with it. */
  readonly curl: string
  readonly more?: Piece
}

/** The one page that has the secret: status 201. */
export function secretPage({ root, title, key, curl, more }: SecretPage): Page {
  const { secret, id } = key
  const body = html`<div class="stack">
    <section class="notice warn">
      <h2>Copy the key now</h2>
      <p>
        This is the only time that it is shown. It is not stored here: if you lose it, rotate the
        key to get another one.
      </p>
    </section>
    ${card(
      'Your key',
      copyable('secret', secret, 'Copy key', 'Copied the key.'),
      html`<p class="status" role="status"></p>`,
      html`<p class="note">
        Put it into a secret store or an environment variable of your server. Never put it into a
        repository, a chat or a web page.
      </p>`,
    )}
    ${card(
      'Use it',
      html`<h3>In a .env file</h3>`,
      copyable('env', `API_KEY=${secret}`, 'Copy line', 'Copied the line.'),
      html`<h3>With curl</h3>`,
      copyable('curl', curl, 'Copy command', 'Copied the command.'),
    )}
    ${more}
    <p class="acts"><a class="btn main" href="${root}keys/${id}">I have stored it</a></p>
  </div>`
  return page({ status: 201, title, lead: key.name, trail: [['keys', 'Keys']], body })
}

function copyable(id: string, text: string, words: string, done: string): Markup {
  return html`<div class="secret">
    <code id="${id}" data-secret>${text}</code
    ><button class="btn" type="button" data-copy="${id}" data-done="${done}" hidden>
      ${words}
    </button>
  </div>`
}
