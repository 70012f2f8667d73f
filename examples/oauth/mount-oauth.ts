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
  /** @param note what it does is told to the audit record of the request */
  answer(req: IncomingMessage, res: ServerResponse, note: () => AuditNote): Promise<void>
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
    if (!server.owns(req.path)) next()
    else server.answer(req, res, () => onExpress.auditOf(req)).catch(next)
  })
}

export function mountOnKoa<S extends string>(app: Koa, gate: Gate<S>, server: OAuthServer): void {
  app.use(onKoa.guard(gate, IN_FRONT))
  app.use((ctx, next) => {
    if (!server.owns(ctx.path)) return next()
    ctx.respond = false
    return server.answer(ctx.req, ctx.res, () => onKoa.auditOf(ctx))
  })
}
