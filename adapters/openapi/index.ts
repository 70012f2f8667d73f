export { openApi, type OpenApiDocument } from './document.js'
export type { DescriptionOptions, RouteDescription } from './options.js'
export { postman, type PostmanCollection } from './postman.js'
export type { JsonSchema } from './schema.js'
