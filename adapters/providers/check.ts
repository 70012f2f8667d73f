import { MisuseError } from '../../src/index.js'

/** A preset's own option that is not what it must be. The value is never in the message. */
export function wrong(name: string, example: string): MisuseError {
  return new MisuseError('invalid_option', `${name}; write ${example}`)
}

type Names<Options> = Options extends unknown ? keyof Options & string : never

/**
 * The options of a preset. Where it is given no object, its options are all missing, and it names the first of them.
 * @throws {MisuseError} `unknown_option` for an option that is none of `names`
 */
export function optionsOf<Options extends object>(
  given: Options,
  preset: string,
  names: readonly Names<Options>[],
): Options {
  const options = { ...given }
  const unknown = Object.keys(options).find((name) => !names.some((known) => known === name))
  if (unknown === undefined) return options
  throw new MisuseError(
    'unknown_option',
    `${preset}: '${unknown}' is not known; known are ${names.join(', ')}`,
  )
}

/** @throws {MisuseError} for what is neither `true` nor `false` */
export function flag(value: unknown, name: string, example: string): boolean {
  if (typeof value === 'boolean') return value
  throw wrong(`${name} must be true or false`, example)
}

/** A host, as it is in a URL: no scheme, no path. */
export function host(text: string, preset: string, example: string): string {
  if (matches(text, /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i)) {
    return text.toLowerCase()
  }
  const local = matches(text, /localhost|:\d|^[\d.]+$/i)
    ? `${example}; for an issuer on your machine, { ...${preset}({ ... }), issuer: 'http://localhost:4000/', jwksUri: 'http://localhost:4000/...' }`
    : example
  throw wrong(`${preset}: 'domain' must be a host, without 'https://', port and path`, local)
}

/** A name that goes into a URL as it is. */
export function segment(text: string, name: string, example: string): string {
  if (matches(text, /^[\w.~-]{1,128}$/)) return text
  throw wrong(`${name} must be 1 to 128 letters, digits, '.', '_', '~' and '-'`, example)
}

/** Without the slash at its end. */
export function url(text: string, name: string, example: string): string {
  if (matches(text, /^https?:\/\/[^\s?#]+$/i)) {
    return text.replace(/\/+$/, '')
  }
  throw wrong(`${name} must be a URL without query and fragment`, example)
}

export function texts(given: string | readonly string[] | undefined): readonly string[] {
  return given === undefined ? [] : [given].flat()
}

function matches(text: unknown, pattern: RegExp): boolean {
  return typeof text === 'string' && pattern.test(text)
}
