/** A route of your app, for its description. */
export interface RouteDescription<S extends string = string> {
  /** In any case, such as `'get'`. */
  readonly method: string
  /** With its parameters in braces: `'/v1/orders/{id}'`. */
  readonly path: string
  /** A few words. */
  readonly summary: string
  /** Scopes that it asks for, all of them. Default: none. */
  readonly scopes?: readonly S[]
  /** `true`: it asks for no credentials. Default `false`. */
  readonly isPublic?: boolean
  /** An example of the JSON that it takes. Default: it takes none. */
  readonly body?: unknown
  /** The status of its answer. Default 200. */
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
  /** Where `keyEndpoints` is mounted, and the scopes that it asks for. Default: it is not described. */
  readonly keys?: { readonly path: string; readonly scopes: readonly S[] }
  /** Where `tokenEndpoint` and `jwksEndpoint` are mounted. Default: they are not described. */
  readonly token?: string
  readonly jwks?: string
  /** Addresses of the API, such as `'https://api.example.com'`. Default: the hosts of the gate's environments, with `https:`. */
  readonly servers?: readonly string[]
}
