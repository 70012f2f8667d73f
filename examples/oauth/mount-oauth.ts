// mount-oauth.ts
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Express } from 'express'
import type Koa from 'koa'
import type { AuditNote, Gate } from 'sallyport'
import * as onExpress from 'sallyport/express'
import * as onKoa from 'sallyport/koa'

/** An authorization server in the process of the API. */
export interface OAuthServer {
  /** Whether a path is its own. */
  owns(path: string): boolean
  /**
   * `false`: it has no such path, and has answered nothing.
   * @param note what it does is told to the audit record of the request
   */
  answer(req: IncomingMessage, res: ServerResponse, note: () => AuditNote): Promise<boolean>
}

/** Behind HTTPS, `limits.anonymous` and the audit log of the gate: it lets in requests without a key, under this path alone. */
const IN_FRONT = { optional: true, under: '/oauth' } as const

export function mountOnExpress<S extends string>(
  app: Express,
  gate: Gate<S>,
  server: OAuthServer,
): void {
  app.use(onExpress.guard(gate, IN_FRONT))
  app.use((req, res, next) => {
    if (!server.owns(req.path)) {
      next()
      return
    }
    server
      .answer(req, res, () => onExpress.auditOf(req))
      .then((isAnswered) => {
        if (!isAnswered) next(gate.answer(404))
      }, next)
  })
}

export function mountOnKoa<S extends string>(app: Koa, gate: Gate<S>, server: OAuthServer): void {
  app.use(onKoa.guard(gate, IN_FRONT))
  app.use(async (ctx, next) => {
    if (!server.owns(ctx.path)) {
      await next()
      return
    }
    const isAnswered = await server.answer(ctx.req, ctx.res, () => onKoa.auditOf(ctx))
    ctx.respond = !isAnswered
    if (!isAnswered) throw gate.answer(404)
  })
}
