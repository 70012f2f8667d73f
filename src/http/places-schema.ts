import * as v from 'valibot'
import { isOrigin } from '../core/origin.js'
import type { CredentialKind } from './options.js'
import type { Place } from './places.js'
import { lazily } from '../lib/lazily.js'
import { complaining, shortList } from '../lib/schema-kinds.js'
import { strictObject } from '../lib/schema-objects.js'

const anyHeader = lazily(() =>
  v.pipe(
    v.string(),
    v.regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/i, "must be a header name such as 'x-api-key'"),
    v.transform((name) => name.toLowerCase()),
  ),
)

const without = (taken: readonly string[]) =>
  v.pipe(
    anyHeader(),
    v.check((name) => !taken.includes(name), 'is taken by HTTP itself; choose another'),
  )

/** The name of a header that the app may choose. */
export const fieldName = lazily(() => without(['authorization', 'cookie', 'host']))

const ORIGIN = "must be an origin, such as 'https://app.example.com'"
const MAX_PLACES = 8
/** RFC 9110 section 5.6.2: the name of a scheme, and that of a cookie (RFC 6265 section 4.1.1). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]{1,64}$/i
const token = (example: string) =>
  v.optional(v.pipe(v.string(), v.regex(TOKEN, `must be a name such as '${example}'`)))

const place = lazily(() =>
  v.pipe(
    strictObject({
      header: v.optional(without(['cookie', 'host'])),
      scheme: token('Bearer'),
      cookie: token('session'),
      query: token('token'),
      accepts: v.optional(
        v.picklist(['key', 'token', 'either'], "must be 'key', 'token' or 'either'"),
        'either',
      ),
      origins: v.optional(
        v.union(
          [
            v.literal(false),
            v.array(
              v.pipe(
                v.string(),
                v.check((text) => isOrigin(text), ORIGIN),
              ),
            ),
          ],
          "must list origins, such as ['https://app.example.com'], or be false",
        ),
      ),
    }),
    complaining(complaintAboutPlace),
    v.transform(placeFrom),
  ),
)

type GivenPlace = Partial<Record<'header' | 'scheme' | 'cookie' | 'query', string | undefined>> & {
  readonly accepts: CredentialKind
  readonly origins?: string[] | false | undefined
}

function complaintAboutPlace(given: GivenPlace): readonly [string, string] | undefined {
  const { header, scheme, cookie, query, origins } = given
  const named = [header, cookie, query].filter((name) => name !== undefined)
  if (named.length !== 1) return ['header', "must name one of 'header', 'cookie' and 'query'"]
  if (scheme !== undefined && header === undefined) return ['scheme', "goes with 'header' only"]
  if (header === 'authorization' && scheme === undefined) {
    return ['scheme', "must be given for Authorization, such as 'Bearer'"]
  }
  if (origins !== undefined && cookie === undefined) return ['origins', "go with 'cookie' only"]
  return undefined
}

function placeFrom({ header, scheme, cookie, query, accepts, origins = [] }: GivenPlace): Place {
  if (header !== undefined) return { kind: 'header', name: header, scheme, accepts }
  if (cookie !== undefined) return { kind: 'cookie', name: cookie, accepts, origins }
  return { kind: 'query', name: query ?? '', accepts }
}

const fields = lazily(() =>
  strictObject({
    bearer: v.optional(v.boolean()),
    header: v.optional(
      v.union(
        [v.literal(false), fieldName()],
        "must be a header name such as 'x-api-key', or false",
      ),
    ),
    from: v.optional(
      v.pipe(
        shortList(
          place(),
          MAX_PLACES,
          "must list places, such as [{ header: 'X-API-Key', accepts: 'key' }]",
        ),
        v.minLength(1, 'must name a place'),
        v.check(
          (places) => isUnambiguous(places),
          'has a place twice, or a header with a scheme and without one',
        ),
      ),
    ),
  }),
)

export const credentials = lazily(() =>
  v.pipe(
    fields(),
    v.check(
      ({ bearer, header, from }) => from === undefined || (bearer ?? header) === undefined,
      "has 'from' beside 'bearer' or 'header'; keep 'from'",
    ),
    v.check(
      ({ bearer, header }) => bearer !== false || header !== false,
      'leaves no place for a key; allow bearer or name a header',
    ),
    v.transform(placesFrom),
  ),
)

/** The places that these options name; without options, those of every gate. */
export function placesFrom({ bearer = true, header = 'x-api-key', from }: GivenPlaces) {
  const own: Place[] = []
  if (bearer) {
    own.push({ kind: 'header', name: 'authorization', scheme: 'Bearer', accepts: 'either' })
  }
  if (header !== false) own.push({ kind: 'header', name: header, accepts: 'key' })
  return { from: Object.freeze(from ?? own) }
}

export interface GivenPlaces {
  readonly bearer?: boolean | undefined
  readonly header?: string | false | undefined
  readonly from?: Place[] | undefined
}

export const CREDENTIAL_NAMES = lazily(() => Object.keys(fields().entries))

/** No place twice; and what stands in a header is read in one way. */
function isUnambiguous(places: readonly Place[]): boolean {
  const names = places.map((each) => {
    const scheme = each.kind === 'header' ? (each.scheme?.toLowerCase() ?? '') : ''
    return `${each.kind} ${each.name} ${scheme}`
  })
  const plain = places.filter((each) => each.kind === 'header' && each.scheme === undefined)
  const mixed = plain.some(({ name }) =>
    places.some(
      (each) => each.kind === 'header' && each.name === name && each.scheme !== undefined,
    ),
  )
  return new Set(names).size === names.length && !mixed
}
