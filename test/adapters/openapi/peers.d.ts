/** What is used of the validator. */
declare module '@seriousme/openapi-schema-validator' {
  export class Validator {
    validate(document: object): Promise<{ readonly valid: boolean; readonly errors?: unknown }>
  }
}
