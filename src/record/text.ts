/** Makes text fit for a record: without secrets, without what some stores cannot keep, and of at most so many characters. */
export type Cleaner = (text: string, max: number) => string

const SECRET = '[secret]'
/** Three parts of base64url of which the first is a JSON object. */
const TOKEN = 'eyJ[\\w-]{8,}\\.[\\w-]+\\.[\\w-]*'

/** @param prefix what the keys of the gate begin with; `presented` is what this very request came with */
export function createCleaner(
  prefix: string,
): (text: string, max: number, presented?: string) => string {
  const secrets = new RegExp(`${prefix}_[a-z0-9]+_[a-z]{2}_[0-9A-Za-z]+|${TOKEN}`, 'g')
  const marker = `${prefix}_`
  return (text, max, presented) => {
    let clean = text
    if (presented !== undefined && presented.length >= 8 && clean.includes(presented)) {
      clean = clean.replaceAll(presented, SECRET)
    }
    // The whole text, before it is cut: half a secret is one still.
    if (clean.includes(marker) || clean.includes('eyJ')) clean = clean.replace(secrets, SECRET)
    if (clean.length > max) clean = clean.slice(0, max)
    return /[^\x20-\x7e]/.test(clean) ? storable(clean) : clean
  }
}

/** NUL and halves of surrogate pairs have no place in the text of a database. */
function storable(text: string): string {
  return text.replace(
    /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    '\ufffd',
  )
}
