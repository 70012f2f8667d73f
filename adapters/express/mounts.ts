import { appsOf, chainsOf } from './layers.js'
import type { Part } from './mounted.js'
import type { ExpressRequest } from './types.js'

type Mount = readonly Part[]

/** The mounts that a route was found below. There are few; but clients choose how a path is spelled, so what is kept has a bound. */
const known = new WeakMap<object, readonly Mount[]>()
const MAX_KNOWN = 8
/** A part that nothing is known of: it may be a value. */
const UNKNOWN: Part = { name: '*' }

/** The pattern of the path that a route is mounted below: `/patients/:id` for `/patients/7`. Express itself keeps the path only. */
export function mountOf(req: ExpressRequest, route: object): string {
  const { baseUrl = '' } = req
  if (baseUrl === '') return ''
  const segments = baseUrl.split('/').slice(1)
  const mounts = known.get(route) ?? []
  let mount = mounts.find((each) => fits(each, segments))
  if (mount === undefined) {
    mount = findMount(req, baseUrl, route, segments.length)
    if (mounts.length < MAX_KNOWN) known.set(route, [...mounts, mount])
  }
  return mount.map((part, at) => `/${'name' in part ? part.name : (segments[at] ?? '')}`).join('')
}

function fits(mount: Mount, segments: readonly string[]): boolean {
  return (
    mount.length === segments.length &&
    mount.every((part, at) => 'name' in part || part.text === segments[at]?.toLowerCase())
  )
}

/** Where the route stands, or else the mounts that lead furthest. */
function findMount(req: ExpressRequest, path: string, route: object, length: number): Mount {
  let furthest: Mount = []
  for (const { parts, isHere } of chainsOf(appsOf(req), path, route)) {
    if (isHere) return parts
    if (parts.length > furthest.length) furthest = parts
  }
  return Array.from({ length }, (_, at) => furthest[at] ?? UNKNOWN)
}
