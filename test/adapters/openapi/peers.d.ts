/** What is used of the SDK of Postman, which has no types of its own. */
declare module 'postman-collection' {
  interface List<T> {
    all(): T[]
  }
  export class Collection {
    constructor(definition: object)
    readonly variables: {
      syncToObject(): Record<string, unknown>
    }
    forEachItem(each: (item: Item) => void): void
  }
  export interface Item {
    readonly name: string
    readonly request: Request
    readonly responses: List<{ readonly code: number; readonly body: string }>
    readonly events: List<{ readonly script: { toSource(): string } }>
  }
  export class Request {
    constructor(definition: object)
    toObjectResolved(
      scope: null,
      overrides: readonly object[],
      options: object,
    ): ConstructorParameters<typeof Request>[0]
    readonly method: string
    readonly url: { toString(): string }
    readonly body?: { toString(): string }
    getHeaders(): Record<string, string>
  }
}

/** What is used of the validator. */
declare module '@seriousme/openapi-schema-validator' {
  export class Validator {
    validate(document: object): Promise<{ readonly valid: boolean; readonly errors?: unknown }>
  }
}
