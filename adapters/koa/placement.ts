import type { KoaContext, Next } from './types.js'

/** What is looked at of a router of `@koa/router`. */
interface Layer {
  readonly methods?: readonly unknown[]
  readonly stack?: readonly unknown[]
  readonly regexp?: unknown
  readonly path?: unknown
}

/** Tells once where a guard stands so that its routes are found by spellings for which it is not called. */
export function createPlacementCheck(): (ctx: KoaContext, guard: unknown, next: Next) => void {
  const seen = new WeakSet<object>()
  let told = false

  return (ctx, guard, next) => {
    if (told) return
    const prefix = mountPassed(ctx, next) ?? routerPassed(ctx.router, guard)
    if (prefix === undefined) return
    told = true
    process.emitWarning(warningFor(prefix), { code: 'SALLYPORT_GUARD_PASSED' })
  }

  /** Its own middleware is found by letter case, its routes are not. */
  function routerPassed(router: unknown, guard: unknown): string | undefined {
    if (typeof router !== 'object' || router === null || seen.has(router)) return undefined
    seen.add(router)
    const layers: readonly Layer[] =
      'stack' in router && Array.isArray(router.stack) ? router.stack : []
    const routes = layers.filter(({ methods = [] }) => methods.length > 0)
    const passed = layers.find(
      (layer) =>
        layer.methods?.length === 0 &&
        layer.stack?.includes(guard) === true &&
        isCaseSensitive(layer) &&
        !routes.every(isCaseSensitive),
    )
    if (passed === undefined) return undefined
    return typeof passed.path === 'string' ? passed.path.replace(/\/?[(*{].*$/, '') : '/v1'
  }
}

/** koa-mount goes by letter case. A guard in an app that is mounted whole is safe: what comes next is then a middleware of that app, which koa-compose hands out. */
function mountPassed({ mountPath }: KoaContext, next: Next): string | undefined {
  if (typeof mountPath !== 'string' || !/[a-z]/i.test(mountPath)) return undefined
  return next.name === 'bound dispatch' ? undefined : mountPath
}

function isCaseSensitive({ regexp }: Layer): boolean {
  return regexp instanceof RegExp && !regexp.ignoreCase && /[a-z]/i.test(regexp.source)
}

function warningFor(prefix: string): string {
  return `A guard can be passed by: it stands on a router with a prefix, or under koa-mount, and is not called if the letter case of that prefix differs ('${prefix.toUpperCase()}' for '${prefix}'), while the routes behind it are. Nobody asks for its scopes then, even if another guard has let the caller in. Put it on the app instead, with all that it asks for: app.use(guard(gate, { under: '${prefix}', scopes: [...] })). See docs/http.md.`
}
