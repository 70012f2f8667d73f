import { html, Markup } from 'sallyport/console'
import type { DemoPerson } from './people.js'

const STYLE = `
  :root { color-scheme: light dark }
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem }
  h1 { font-size: 1.6rem; line-height: 1.2 }
  .demo { border: 1px solid; border-radius: .5rem; padding: .6rem .9rem }
  ul { list-style: none; padding: 0 }
  li { margin: .6rem 0 }
  button { font: inherit; width: 100%; padding: .7rem .9rem; text-align: left; border: 1px solid; border-radius: .5rem; cursor: pointer }
  button:focus-visible { outline: 3px solid Highlight; outline-offset: 2px }
  b, small { display: block }
  .out { width: auto }
`

/** Everybody who can sign in, each a button. */
export function signInPage(
  people: readonly DemoPerson[],
  returnTo: string,
  present: string | undefined,
): string {
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Demo sign-in</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <main>
          <h1>Sign in to the demo</h1>
          <p class="demo">
            This page is of the example alone: anyone can be anyone here. Your own app brings its
            own sign-in.
          </p>
          ${present !== undefined && html`<p>You are signed in as <strong>${present}</strong>.</p>`}
          <form method="post">
            <input type="hidden" name="return_to" value="${returnTo}" />
            <ul>
              ${people.map(
                ({ id, name, ownerId, task }) =>
                  html`<li>
                    <button name="person" value="${id}">
                      <b>${name}, ${ownerId}</b><small>${task}</small>
                    </button>
                  </li>`,
              )}
            </ul>
            ${present !== undefined && html`<button class="out" name="person" value="">Sign out</button>`}
          </form>
        </main>
      </body>
    </html>`
  return text
}
