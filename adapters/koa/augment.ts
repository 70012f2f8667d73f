import type {} from 'koa'
import type { Auth } from '../../src/index.js'

declare module 'koa' {
  interface DefaultState {
    /** Who the caller is; set by `guard`. Behind `optional`, it may be `undefined`: use `authOf(ctx, { optional: true })` there. */
    auth: Auth
  }
}
