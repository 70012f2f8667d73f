import type { KoaContext, Next } from './types.js'

/** What is looked at of a router of `@koa/router`. */
interface Layer {
  readonly methods?: readonly unknown[]
  readonly stack?: readonly unknown[]
  readonly regexp?: unknown
}

/** Tells once where a guard stands so that its routes are found by spellings for which it is not called. */
export function createPlacementCheck(): (ctx: KoaContext, guard: unknown, next: Next) => void {
  const seen = new WeakSet<object>()
  let told = false

  return (ctx, guard, next) => {
    if (told) return
    told = isPassedOnMount(ctx, next) || isPassedOnRouter(ctx.router, guard)
    if (told) process.emitWarning(WARNING, { code: 'SALLYPORT_GUARD_PASSED' })
  }

  /** Its own middleware is found by letter case, its routes are not. */
  function isPassedOnRouter(router: unknown, guard: unknown): boolean {
    if (typeof router !== 'object' || router === null || seen.has(router)) return false
    seen.add(router)
    const layers = 'stack' in router && Array.isArray(router.stack) ? router.stack : []
    const routes = layers.filter((layer: Layer) => (layer.methods?.length ?? 0) > 0)
    return layers.some(
      (layer: Layer) =>
        layer.methods?.length === 0 &&
        layer.stack?.includes(guard) === true &&
        isCaseSensitive(layer) &&
        !routes.every(isCaseSensitive),
    )
  }
}

/** koa-mount goes by letter case. A guard in an app that is mounted whole is safe: what comes next is then a middleware of that app, which koa-compose hands out. */
function isPassedOnMount({ mountPath }: KoaContext, next: Next): boolean {
  const isAlone = next.name !== 'bound dispatch'
  return typeof mountPath === 'string' && /[a-z]/i.test(mountPath) && isAlone
}

function isCaseSensitive({ regexp }: Layer): boolean {
  return regexp instanceof RegExp && !regexp.ignoreCase && /[a-z]/i.test(regexp.source)
}

const WARNING =
  "A guard can be passed by: it stands on a router with a prefix, or under koa-mount, and is not called if the letter case of that prefix differs ('/V1/...' for '/v1/...'), while the routes behind it are. Put it on the app instead: app.use(guard(gate, { under: '/v1' })). See docs/http.md."
