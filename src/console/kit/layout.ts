import type { AssetPaths } from '../web/assets.js'
import type { Done } from '../web/done.js'
import type { Page } from '../web/exchange.js'
import { DONE_ID, doneMessage } from './done.js'
import { flag, html, type Markup } from './html.js'

/** An entry of the navigation. */
export interface NavItem {
  /** Below the mount, without the first slash. */
  readonly to: string
  readonly words: string
  readonly isHere: boolean
}

/** What is around a page. */
export interface Frame {
  readonly brand: string
  readonly assets: AssetPaths
  /** From this page to the mount: `./` or `../` several times. */
  readonly root: string
  /** Of this page, below the mount. */
  readonly path: string
  readonly nav: readonly NavItem[]
  /** Who is signed in. Absent: nobody, or it cannot be known. */
  readonly who?: { readonly name: string; readonly ownerId: string }
  /** Where people sign out. */
  readonly signOut?: string
  /** What the form before this page has done. */
  readonly done: Done | undefined
  readonly requestId: string
  readonly timeZone: string
  /** When the page was made: on paper, nobody would know. */
  readonly madeAt: Markup
}

/** A whole page: one `h1`, which has the focus unless something on the page asks for it. */
export function layout(frame: Frame, page: Page): string {
  const { brand, assets, root, path, done, requestId, timeZone, madeAt } = frame
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${page.title} - ${brand}</title>
        <link rel="icon" href="${root}${assets.icon}" />
        <link rel="stylesheet" href="${root}${assets.style}" />
        <script type="module" src="${root}${assets.script}"></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        ${top(frame)}
        <main id="main" class="wrap">
          ${head(frame, page)} ${done && doneMessage(done, { root, path, title: page.title })}
          ${page.body}
        </main>
        <footer>
          <div class="wrap">
            <span>Request <code>${requestId}</code></span
            ><span class="printed">As of ${madeAt}</span><span>Times are in ${timeZone}</span>
          </div>
        </footer>
      </body>
    </html>`
  return text
}

function top({ brand, assets, root, nav, who, signOut }: Frame): Markup {
  const logo = assets.logo !== undefined && html`<img src="${root}${assets.logo}" alt="" />`
  return html`<header class="bar-top">
    <div class="wrap">
      <a class="brand" href="${root}">${logo}<span>${brand}</span></a>
      ${who && html`<p class="who"><b>${who.name}</b><br />${who.ownerId}${signOut !== undefined && html`<span class="out"> &middot; <a href="${signOut}">Sign out</a></span>`}</p>`}
      ${nav.length > 0 && navigation(root, nav)}
    </div>
  </header>`
}

/** In a narrow window, what is behind a button. A browser that has no popovers shows it as it is in a wide one. */
function navigation(root: string, nav: readonly NavItem[]): Markup {
  const here = nav.find(({ isHere }) => isHere)
  return html`<nav class="main-nav" aria-label="Console">
    <button class="menu" type="button" popovertarget="nav">
      <span>Menu${here && html`<b>: ${here.words}</b>`}</span>
    </button>
    <ul class="nav" id="nav" popover>
      ${nav.map(
        ({ to, words, isHere }) =>
          html`<li>
            <a href="${root}${to}" ${isHere && html`aria-current="page"`}>${words}</a>
          </li>`,
      )}
    </ul>
  </nav>`
}

function head({ root, done }: Frame, { title, lead, actions, trail = [], body }: Page): Markup {
  const takesFocus = !body.text.includes(' autofocus')
  const focus = html`${flag('autofocus', takesFocus)}${done && html` aria-describedby="${DONE_ID}"`}`
  const crumbs =
    trail.length > 0 &&
    html`<nav aria-label="Breadcrumb">
      <ol class="crumbs">
        ${trail.map(([to, words]) => html`<li><a href="${root}${to}">${words}</a></li>`)}
      </ol>
    </nav>`
  return html`<div class="head">
    <div>
      ${crumbs}
      <h1 tabindex="-1" ${focus}>${title}</h1>
      ${lead !== undefined && html`<p>${lead}</p>`}
    </div>
    ${actions && html`<div class="acts">${actions}</div>`}
  </div>`
}
