import { hash } from 'node:crypto'
import { withoutSecrets } from './secrets.js'

/** Makes text fit for a record: without secrets, without what some stores cannot keep, and of at most so many characters. */
export type Cleaner = (text: string, max: number) => string

const SECRET = '[secret]'

/** @param prefix what the keys of the gate begin with; `presented` is what this very request came with */
export function createCleaner(
  prefix: string,
): (text: string, max: number, presented?: string) => string {
  const marker = `${prefix}_`
  // What looks a little like a key of this gate may be a part of one.
  const own = new RegExp(`${prefix}_[a-z0-9]+_[a-z]{2}_[0-9A-Za-z]+`, 'g')

  return (text, max, presented) => {
    // The whole text, before it is cut: half a secret is one still.
    let clean = discreet(text, presented)
    if (clean.includes(marker)) clean = clean.replace(own, SECRET)
    if (clean.length > max) clean = clean.slice(0, max)
    return /[^\x20-\x7e]/.test(clean) ? storable(clean) : clean
  }
}

/** Characters of an owner or a tenant in a record. */
const MAX_NAME = 256
/** Of one that is not there as it is, so many and a mark. */
const MAX_START = 192
const MARKED = / \[sha256 [\w-]{43}\]$/
const withoutPrefix: Cleaner = (text, max) => storable(discreet(text, undefined).slice(0, max))

/**
 * An owner or a tenant as records have it. By these names it is decided who reads a record: one that is too long or has what looks like a secret is cut and cleaned, and marked with the SHA-256 of
 * all of it but the secret. So it is no other name.
 * @param clean that of the record. Default: for a query, which has no key
 */
export function recordedName(name: string, clean = withoutPrefix): string {
  const whole = clean(name, Infinity)
  if (whole === name && name.length <= MAX_NAME && !MARKED.test(name)) return name
  return `${storable(whole.slice(0, MAX_START))} [sha256 ${hash('sha256', whole, 'base64url')}]`
}

/** What a client has written, without secrets, whether or not they are percent-encoded there. */
export function discreet(text: string, presented: string | undefined): string {
  const clean = bare(text, presented)
  if (!clean.includes('%')) return clean
  const decoded = decodedOf(clean)
  const cleaner = bare(decoded, presented)
  return cleaner === decoded ? clean : cleaner
}

function bare(text: string, presented: string | undefined): string {
  const presents = presented !== undefined && presented.length >= 8 && text.includes(presented)
  return withoutSecrets(presents ? text.replaceAll(presented, SECRET) : text)
}

/** What is percent-encoded, decoded as far as it is ASCII. */
export function decodedOf(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
}

/** NUL and halves of surrogate pairs have no place in the text of a database. */
function storable(text: string): string {
  return text.replace(
    /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    '\ufffd',
  )
}
