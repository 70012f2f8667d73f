import type { Done } from '../web/done.js'
import { html, type Markup } from './html.js'

interface Said {
  /** @param title of the page that says it: the name of a key, or of a person */
  readonly words: (title: string) => string
  /** Where to go on. */
  readonly next?: (path: string) => readonly [to: string, words: string]
}

const SAID: Readonly<Record<Done, Said>> = {
  key_saved: { words: (name) => `The key '${name}' is saved.` },
  key_paused: {
    words: (name) =>
      `The key '${name}' is paused: programs that use it are refused from their next request on.`,
    next: (path) => [`${path.slice(1)}/resume`, 'Resume it'],
  },
  key_resumed: { words: (name) => `The key '${name}' is active again.` },
  key_revoked: {
    words: (name) => `The key '${name}' is revoked.`,
    next: () => ['keys', 'All keys'],
  },
  old_key_revoked: {
    words: (name) => `The old key '${name}' is revoked. Its successor keeps working.`,
    next: () => ['keys', 'All keys'],
  },
  made_revoked: {
    words: (person) => `The keys of ${person} are revoked.`,
    next: () => ['keys', 'All keys'],
  },
  access_asked: { words: () => 'Your request for access is sent. Its state is on this page.' },
  terms_accepted: { words: () => 'The terms are accepted.' },
  access_approved: {
    words: (title) => `${title} is approved.`,
    next: () => ['requests', 'All access requests'],
  },
  access_denied: {
    words: (title) => `${title} is denied.`,
    next: () => ['requests', 'All access requests'],
  },
  messages_on: { words: () => 'Messages are on.' },
  messages_off: { words: () => 'Messages are off.' },
  review_signed: {
    words: () => 'The review is signed.',
    next: () => ['reviews', 'All signed reviews'],
  },
}

/** The id of the message, for the heading: it has the focus, and is read out with it. */
export const DONE_ID = 'done'

/** That a form has done what it was sent for. */
export function doneMessage(
  done: Done,
  { root, path, title }: { readonly root: string; readonly path: string; readonly title: string },
): Markup {
  const { words, next } = SAID[done]
  const [to, link] = next?.(path) ?? []
  return html`<p class="notice ok said" id="${DONE_ID}" role="status">
    ${words(title)} ${to !== undefined && html`<a href="${root}${to}">${link}</a>`}
  </p>`
}
