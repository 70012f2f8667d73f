import type { Markup } from './html.js'

/** What a page of an error says. */
export interface ProblemText {
  readonly title: string
  readonly detail: string
}

const TEXTS = {
  400: [
    'This form cannot be read',
    'It has a field that is unknown, or that was sent twice. Nothing was changed.',
  ],
  401: ['You are not signed in', 'Sign in to the app, and open this page again.'],
  403: [
    'Your role does not allow this',
    'Nothing was changed. Ask somebody who manages the roles of your organization.',
  ],
  404: ['Page not found', 'The address is wrong, or what was here is no longer there.'],
  405: ['This page does not take such a request', 'Nothing was changed.'],
  409: ['This form was sent before', 'It was not sent a second time.'],
  413: ['This form is too large', 'A form can have 64 KiB at most. Nothing was changed.'],
  415: [
    'This is not a form of the console',
    'Only forms of its own pages are accepted. Nothing was changed.',
  ],
  429: ['Too many forms', 'Wait a little, and send the form again. Nothing was changed.'],
  500: ['Something went wrong', 'The error was reported. Try again later.'],
  503: [
    'Temporarily unavailable',
    'A service behind this page does not answer. Try again in a moment.',
  ],
} as const satisfies Readonly<Record<number, readonly [string, string]>>

export type ProblemStatus = keyof typeof TEXTS

interface ProblemOptions extends Partial<ProblemText> {
  readonly headers?: Readonly<Record<string, string>>
  /** Where to go on: an address below the mount, and its words. */
  readonly link?: readonly [to: string, words: string]
  /** In place of the link. */
  readonly way?: Markup
}

/** Ends a request with a page that says why. */
export class Problem extends Error {
  readonly status: ProblemStatus
  readonly text: ProblemText
  readonly headers: Readonly<Record<string, string>>
  readonly link: readonly [to: string, words: string] | undefined
  readonly way: Markup | undefined

  constructor(
    status: ProblemStatus,
    { title, detail, headers = {}, link, way }: ProblemOptions = {},
  ) {
    const [usual, what] = TEXTS[status]
    const text = { title: title ?? usual, detail: detail ?? what }
    super(text.title)
    this.status = status
    this.text = text
    this.headers = headers
    this.link = link
    this.way = way
  }
}
