import type { Auth } from '../../src/index.js'

declare global {
  // Express merges its request types through this namespace.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      /** Who the caller is; set by `guard`. `undefined` for an anonymous request behind `optional`. */
      auth?: Auth
    }
  }
}
