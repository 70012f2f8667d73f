/** A route of your app, for its description. */
export interface RouteDescription<S extends string = string> {
  /** In any case, such as `'get'`. */
  readonly method: string
  /** With its parameters in braces: `'/v1/orders/{id}'`. */
  readonly path: string
  /** A few words. Default: the method and the path. */
  readonly summary?: string
  /** Scopes that it asks for, all of them. Default: those of its guards, if `app` is known; else none. */
  readonly scopes?: readonly S[]
  /** Scopes of which it asks for at least one, beside all of `scopes`. Default: those of its guards, as above. */
  readonly anyScope?: readonly S[]
  /** `true`: it asks for no credentials. Default: `false`; if `app` is known, whether it has no guard. */
  readonly isPublic?: boolean
  /** `true`: requests without credentials pass as well. Default: as its guards say, else `false`. */
  readonly isOptional?: boolean
  /** Values of the path's parameters that lead somewhere. Default: none. */
  readonly params?: Readonly<Record<string, string>>
  /** Parameters of the query that a client may send, each with an example. Default: none. */
  readonly query?: Readonly<Record<string, string>>
  /** The media type that it reads. Default: that of its guards, else `'application/json'`. */
  readonly type?: string
  /** The media type that it answers with, if a client must name one in `Accept`. Default: that of its guards. */
  readonly accept?: string
  /** An example of the JSON that it takes. Default: it takes none. */
  readonly body?: unknown
  /** The status of its answer. Default 200; of a route that only its guards tell of, it is not known. */
  readonly status?: number
  /** An example of the JSON that it answers with. Default: none. */
  readonly answer?: unknown
}

/** What an API's description is made from, beside its gate. */
export interface DescriptionOptions<S extends string = string> {
  readonly info: {
    readonly title: string
    readonly version: string
    readonly description?: string
  }
  readonly routes?: readonly RouteDescription<S>[]
  /**
   * Your Express or Koa app, or a router of either. What the guards of its routes ask for is read from it, and guarded routes that `routes` does not list are described by method and path. Default: only `routes`
   * are described.
   */
  readonly app?: object
  /**
   * Which of those guarded routes to leave out, with the scopes that only they ask for: anybody may read the documents. Called for each route that `routes` does not list. What it leaves out is as protected as before, no
   * more and no less. Default: none.
   * @example ({ path, scopes }) => path.startsWith('/v1/staff/') || scopes.includes('internal:root')
   */
  leaveOut?(
    route: Required<Pick<RouteDescription<S>, 'method' | 'path' | 'scopes' | 'anyScope'>>,
  ): boolean
  /**
   * Routers that are mounted on the app, by the path: neither framework says it. A router of `@koa/router` that the app uses directly needs no mention.
   * @example { '/v1': ordersRouter }
   */
  readonly routers?: Readonly<Record<string, object>>
  /** Where `keyEndpoints` is mounted, and the scopes that it asks for. Default: it is not described. */
  readonly keys?: { readonly path: string; readonly scopes: readonly S[] }
  /** Where `usageEndpoints` is mounted, and the scopes that it asks for. Default: it is not described. */
  readonly usage?: { readonly path: string; readonly scopes: readonly S[] }
  /** Where `auditEndpoints` is mounted, and the scopes that it asks for. Default: it is not described. */
  readonly audit?: { readonly path: string; readonly scopes: readonly S[] }
  /** Where `tokenEndpoint` and `jwksEndpoint` are mounted. Default: they are not described. */
  readonly token?: string
  readonly jwks?: string
  /** Addresses of the API, such as `'https://api.example.com'`. Default: the hosts of the gate's environments, with `https:`. */
  readonly servers?: readonly string[]
}
