import type { createServer } from 'node:http'
import express5 from 'express'
import express4 from 'express4'
import Koa3, { type Middleware } from 'koa'
import Koa2 from 'koa2'
import { callerId, type AnyRequirement, type Auth, type Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'

type Listener = NonNullable<Parameters<typeof createServer>[1]>
/** What is asked of both frameworks' requests alike. */
interface Native {
  readonly headers: Readonly<Record<string, unknown>>
}
/** Path by path, the guards that stand before its handler, one after the other. */
export type Routes<S extends string> = Readonly<
  Record<string, readonly (AnyRequirement<S, Native> | undefined)[]>
>

/** Answers who calls. What stands between guards may put a credential where it is read. */
export function tell(auth: Auth | undefined): object {
  if (auth === undefined) return { kind: 'nobody' }
  return { ...auth, caller: callerId(auth) }
}

function expressApp<S extends string>(
  express: typeof express5,
  gate: Gate<S>,
  routes: Routes<S>,
): Listener {
  const app = express().disable('x-powered-by')
  for (const [path, requirements] of Object.entries(routes)) {
    const guards = requirements.map((one) => onExpress.guard(gate, one as AnyRequirement<S>))
    app.all(path, ...guards, (req, res) => {
      res.json(tell(onExpress.authOf(req, { optional: true })))
    })
  }
  app.use(((error, _req, res, _next) => {
    res.status(500).json({ code: (error as { code?: string }).code, message: String(error) })
  }) as express5.ErrorRequestHandler)
  return app
}

function koaApp<S extends string>(Koa: typeof Koa3, gate: Gate<S>, routes: Routes<S>): Listener {
  const app = new Koa()
  for (const [path, requirements] of Object.entries(routes)) {
    const guards = requirements.map((one) => onKoa.guard(gate, one as AnyRequirement<S>))
    for (const guard of guards) {
      app.use((ctx, next) => (ctx.path === path ? guard(ctx, next) : next()))
    }
  }
  const last: Middleware = (ctx) => {
    if (ctx.path in routes) ctx.body = tell(onKoa.authOf(ctx, { optional: true }))
  }
  return app.use(last).callback()
}

/** The same routes on every framework that is supported. */
export const OPEN_APPS = {
  'Express 5': <S extends string>(gate: Gate<S>, routes: Routes<S>): Listener =>
    expressApp(express5, gate, routes),
  'Express 4': <S extends string>(gate: Gate<S>, routes: Routes<S>): Listener =>
    expressApp(express4, gate, routes),
  'Koa 3': <S extends string>(gate: Gate<S>, routes: Routes<S>): Listener =>
    koaApp(Koa3, gate, routes),
  'Koa 2': <S extends string>(gate: Gate<S>, routes: Routes<S>): Listener =>
    koaApp(Koa2, gate, routes),
} as const

export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

export async function ask(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Told> {
  const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, { headers, method })
  const text = await response.text()
  return {
    ...{ status: response.status, headers: response.headers },
    body: text.startsWith('{') ? (JSON.parse(text) as Told['body']) : { text },
  }
}
