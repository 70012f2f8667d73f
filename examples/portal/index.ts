import type { RequestListener } from 'node:http'
import type { Gate } from 'sallyport'
import { createConsole, type Console, type ConsoleOptions } from 'sallyport/console'
import type { Description } from 'sallyport/openapi'
import type { PortalPlace } from '../place.js'
import type { DemoPerson } from './people.js'
import { createDemoSignIn, SIGN_IN } from './sign-in.js'

/** The developer console of an example, with people who can sign in to it. */
export interface DemoPortal {
  /** Where it is mounted. */
  readonly path: string
  readonly people: readonly DemoPerson[]
  /** What is mounted, beside the API that is described. */
  readonly pages: (description: Description) => Console
  /** The sign-in of the demo; the rest is left to `app`. */
  readonly beside: (app: RequestListener) => RequestListener
}

interface PortalOptions<S extends string> extends PortalPlace, Pick<ConsoleOptions<S>, 'access'> {
  readonly path: string
  readonly title: string
  readonly people: readonly DemoPerson<S>[]
}

/** What people do at each example. */
const ROLES = {
  developer: ['keys:view', 'keys:own', 'usage:view', 'access:request'],
  admin: ['keys:view', 'keys:all', 'usage:view', 'audit:view', 'review:sign', 'access:request'],
  auditor: ['keys:view', 'usage:view', 'audit:view', 'review:sign'],
  staff: ['access:decide', 'audit:view'],
} as const

/** `undefined` in production: anyone could sign in as anyone. */
export function openPortal<S extends string>(
  gate: Gate<S>,
  { path, title, people, ...options }: PortalOptions<S>,
): DemoPortal | undefined {
  if (process.env['NODE_ENV'] === 'production') return undefined
  const signIn = createDemoSignIn(people, `${path}/`)
  const pages: DemoPortal['pages'] = (description) =>
    createConsole<S>(gate, {
      ...{ ...options, description, roles: ROLES },
      user: ({ headers }) => signIn.userOf(headers),
      ...{ signInUrl: SIGN_IN, signOutUrl: SIGN_IN, brand: { title } },
    })
  return { path, people, pages, beside: (app) => signIn.beside(app) }
}
