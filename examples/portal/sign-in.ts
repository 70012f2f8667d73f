import { randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ConsoleUser } from 'sallyport/console'
import type { DemoPerson } from './people.js'
import { signInPage } from './sign-in-page.js'

export const SIGN_IN = '/sign-in'
const COOKIE = 'demo_session'
const MAX_BODY = 4_096
/** Sessions that are remembered; the oldest are forgotten first. */
const MAX_SESSIONS = 1_000

/** Who is signed in: no passwords, as it is a demo. */
export interface DemoSignIn<S extends string> {
  userOf(headers: Readonly<Record<string, unknown>>): ConsoleUser<S> | undefined
  /** Answers the sign-in page, and leaves the rest to `app`. */
  beside(app: RequestListener): RequestListener
}

export function createDemoSignIn<S extends string>(
  people: readonly DemoPerson<S>[],
  start: string,
): DemoSignIn<S> {
  const sessions = new Map<string, DemoPerson<S>>()

  function find(headers: Readonly<Record<string, unknown>>) {
    const { cookie } = headers
    const cookies = typeof cookie === 'string' ? cookie : ''
    const [, id = ''] = new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(cookies) ?? []
    const person = sessions.get(id)
    return person && { id, person }
  }

  async function take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    // A page of another site must not sign anyone in.
    if (!['same-origin', undefined].includes(one(req.headers['sec-fetch-site']))) {
      res.writeHead(403).end()
      return
    }
    if (!(Number(req.headers['content-length']) <= MAX_BODY)) {
      res.writeHead(413, { connection: 'close' }).end()
      return
    }
    const form = new URLSearchParams(await text(req))
    const person = people.find(({ id }) => id === form.get('person'))
    sessions.delete(find(req.headers)?.id ?? '')
    const [oldest = ''] = sessions.size >= MAX_SESSIONS ? sessions.keys() : []
    sessions.delete(oldest)
    const session = person === undefined ? '' : randomBytes(24).toString('base64url')
    if (person !== undefined) sessions.set(session, person)
    const end = person === undefined ? '; Max-Age=0' : ''
    res.writeHead(303, {
      location: person === undefined ? SIGN_IN : pathIn(form.get('return_to'), start),
      'set-cookie': `${COOKIE}=${session}; Path=/; HttpOnly; SameSite=Lax${end}`,
    })
    res.end()
  }

  function show(req: IncomingMessage, res: ServerResponse): void {
    const { searchParams } = new URL(req.url ?? '/', 'http://localhost')
    const returnTo = pathIn(searchParams.get('return_to'), start)
    res.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
      'referrer-policy': 'same-origin',
    })
    res.end(signInPage(people, returnTo, find(req.headers)?.person.name))
  }

  return {
    userOf(headers) {
      const found = find(headers)
      if (found === undefined) return undefined
      const { task: _task, ...user } = found.person
      return { ...user, sessionId: found.id }
    },
    beside: (app) => (req, res) => {
      const [path] = (req.url ?? '').split('?', 1)
      if (path !== SIGN_IN) app(req, res)
      else if (req.method === 'POST') take(req, res).catch(() => res.writeHead(400).end())
      else show(req, res)
    },
  }
}

/** Of this server alone: `//host` and `/\host` would lead to another. */
function pathIn(given: string | null, otherwise: string): string {
  return given !== null && /^\/(?![/\\])[!-~]*$/.test(given) ? given : otherwise
}

function one(value: string | string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join() : value
}
