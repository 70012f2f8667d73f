import type {} from 'koa'
import type { Auth } from '../../src/index.js'

declare module 'koa' {
  interface DefaultState {
    /** Who the caller is; set by `guard`. */
    auth: Auth
  }
}
