import { request as send } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ContractCase } from './contract.js'
import { matches } from './matchers.js'
import type { RunningExample } from './server.js'

/** How often a request is sent again that came while a store did not answer in time. */
const TRIES = 5

export interface Exchanged {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** Sends a case, as often as it says, and holds the last answer against what it expects. */
export async function exchange(
  { url, credentials }: RunningExample,
  saved: Map<string, string>,
  { request, expect, over = 'http', repeat = 1, save = {} }: ContractCase,
): Promise<Exchanged> {
  const fill = (template: string) => fillIn(template, credentials, saved)
  const headers: Record<string, string> = {
    'x-forwarded-proto': over === 'http' ? 'https' : 'http',
  }
  for (const [name, value] of Object.entries(request.headers)) headers[name] = fill(value)
  const json = request.body === undefined ? '' : fill(JSON.stringify(request.body))
  const body = request.rawBody ?? json
  let answer: Exchanged | undefined
  for (let count = 0; count < repeat; count++) {
    answer = await askAgain(new URL(fill(request.path), url), request.method, headers, body)
  }
  if (answer === undefined) throw new RangeError('repeat must be at least 1')
  matches(answer.status, expect.status, `status (${answer.text})`)
  for (const [name, value] of Object.entries(expect.headers ?? {})) {
    matches(answer.headers[name], value, name)
  }
  if (expect.bodyText !== undefined) {
    const filled: unknown = JSON.parse(fill(JSON.stringify(expect.bodyText)))
    matches(answer.text, filled, 'body')
  }
  if (expect.body !== undefined) {
    matches(JSON.parse(answer.text), JSON.parse(fill(JSON.stringify(expect.body))), 'body')
  }
  for (const [name, path] of Object.entries(save)) {
    saved.set(name, String((JSON.parse(answer.text) as Record<string, unknown>)[path]))
  }
  return answer
}

function fillIn(
  template: string,
  credentials: Readonly<Record<string, string>>,
  saved: ReadonlyMap<string, string>,
): string {
  return template.replace(/\{\{(credentials|saved)\.(\w+)\}\}/g, (whole, from, name: string) => {
    const value = from === 'credentials' ? credentials[name] : saved.get(name)
    if (value === undefined) throw new ReferenceError(`${whole} has no value`)
    return value
  })
}

/** As a client does it: a 503 that names a time is tried again. The machine that runs the tests may be too busy for a database to answer in time. */
async function askAgain(...sent: Parameters<typeof ask>): Promise<Exchanged> {
  for (let left = TRIES; ; left--) {
    const answer = await ask(...sent)
    if (answer.status !== 503 || !('retry-after' in answer.headers) || left === 1) return answer
  }
}

/** One request on a connection of its own. */
export async function ask(
  url: URL,
  method: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const outgoing = send(url, { method, headers, agent: false }, (response) => {
      const { statusCode: status = 0, headers } = response
      text(response).then((text) => {
        resolve({ status, headers, text })
      }, reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
