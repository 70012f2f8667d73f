/**
 * What a key may be held to: `type/id`, or `type/*` for all of a type. A type is 1 to 64 letters, digits, `_` and `-`, a letter first; an id 1 to
 * 128 of `A-Z a-z 0-9 . _ ~ : @ -`, and not `.` or `..`: what stands in one segment of a path as it is (RFC 3986 section 3.3).
 */
const TYPE = '[A-Za-z][\\w-]{0,63}'
const ID = '(?!\\.{1,2}$)[\\w.~:@-]{1,128}'
const RESOURCE = new RegExp(`^${TYPE}/(?:\\*|${ID})$`)
const TYPE_ALONE = new RegExp(`^${TYPE}$`)
const ID_ALONE = new RegExp(`^${ID}$`)

export function isResource(text: unknown): text is string {
  return typeof text === 'string' && RESOURCE.test(text)
}

export function isResourceType(text: unknown): text is string {
  return typeof text === 'string' && TYPE_ALONE.test(text)
}

export function isResourceId(value: unknown): value is string {
  return typeof value === 'string' && ID_ALONE.test(value)
}

/** Whether one that is held to `held` may touch this resource; `type/*` asks for all of a type. */
export function isWithin(resource: string, held: ReadonlySet<string>): boolean {
  return held.has(resource) || held.has(`${resource.slice(0, resource.indexOf('/'))}/*`)
}
