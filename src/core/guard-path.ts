import { MisuseError } from './errors.js'
import { pathOf } from './request.js'

/** For adapters: what their functions are given first must be a gate. @throws {MisuseError} `invalid_option` */
export function checkGate(gate: unknown, where: string): void {
  if (typeof (gate as { check?: unknown } | null | undefined)?.check === 'function') return
  throw new MisuseError(
    'invalid_option',
    `${where}: must be given a gate first, as createGate returns it`,
  )
}

/** What a guard is given that requirements do not have. */
export interface GuardPlace {
  /**
   * A path such as `'/v1'`: the guard looks at requests of this path and below it only, and lets all others pass. It decides on the decoded path, in any letter
   * case, with or without a trailing slash. Default: all requests that come to it.
   */
  readonly under?: string
}

/** Takes a guard's place from what it is given. @throws {MisuseError} `invalid_option` */
export function readGuardPlace<T extends object>(
  given: (T & GuardPlace) | undefined,
): {
  readonly requirement: T | undefined
  /** Whether the guard looks at a request with one of these URLs. Absent: at all. */
  readonly isUnder: ((...urls: readonly string[]) => boolean) | undefined
} {
  if (given?.under === undefined) return { requirement: given, isUnder: undefined }
  const { under, ...requirement } = given
  if (!/^\/[\w\-.~/]*$/.test(under) || /\/\.{0,2}(?:\/|$)/.test(under.replace(/\/$/, ''))) {
    throw new MisuseError(
      'invalid_option',
      "guard: 'under' must be a path of letters, digits, - . _ ~ and /, such as '/v1'",
    )
  }
  const start = under.toLowerCase().replace(/\/$/, '')
  const isBelow = (path: string) => path === start || path.startsWith(`${start}/`)
  return {
    requirement: requirement as unknown as T,
    isUnder: (...urls) => urls.flatMap((url) => spellingsOf(pathOf(url))).some(isBelow),
  }
}

/** What a path can be taken for. A router that reads it in another way than this one must not find what is guarded. */
function spellingsOf(path: string): readonly string[] {
  const decoded = path.replace(/(?:%[0-9a-f]{2})+/gi, decode)
  // Both: there are letters that are the same in capitals only.
  const plain = decoded
    .toUpperCase()
    .toLowerCase()
    .replace(/[\\/]+/g, '/')
  const segments: string[] = []
  for (const segment of plain.split('/').slice(1)) {
    if (segment === '..') segments.pop()
    else if (segment !== '.') segments.push(segment)
  }
  return [plain, `/${segments.join('/')}`]
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded.replace(/%[0-7][0-9a-f]/gi, (one) => decodeURIComponent(one))
  }
}
