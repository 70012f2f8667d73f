import type { Context, Middleware } from 'koa'
import { statusOf } from './system.js'

/** Answers for what the middlewares below it throw, and for what none of them has answered. `fail` makes the body. */
export function answersFailures(fail: (ctx: Context, status: number) => unknown): Middleware {
  return async (ctx, next) => {
    try {
      await next()
      if (ctx.status === 404 && ctx.body == null) ctx.throw(404)
    } catch (error) {
      ctx.status = statusOf(error)
      ctx.body = fail(ctx, ctx.status)
    }
  }
}
