import { createHash } from 'node:crypto'
import type { Answer } from '../../core/decision.js'
import { SCRIPT } from '../kit/script.js'
import type { CheckedConsoleOptions } from '../options-schema.js'
import { STYLE_SHEET } from '../style/sheet.js'

/** Addresses below the mount, without the first slash. */
export interface AssetPaths {
  readonly script: string
  readonly style: string
  readonly icon: string
  readonly logo: string | undefined
}

export interface Assets {
  readonly paths: AssetPaths
  /** The answer for a path below the mount; `undefined`: it is no asset. */
  find(path: string): Answer | undefined
}

const SVG = 'image/svg+xml; charset=utf-8'
/** A key, for the tab of the browser. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1d5bb8"/><g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"><circle cx="11.5" cy="16" r="4.7"/><path d="M16.5 16H26M22 16v4.5"/></g></svg>'

/** Each asset has an address that changes with what is in it, and is kept for a year. */
export function createAssets({ css = '', logo }: CheckedConsoleOptions['brand']): Assets {
  const found = new Map<string, Answer>()
  const add = (text: string, ending: string, type: string): string => {
    const hash = createHash('sha256').update(text).digest('base64url').slice(0, 16)
    const path = `assets/${hash}.${ending}`
    found.set(`/${path}`, { status: 200, headers: headersOf(type, text), body: text })
    return path
  }
  const paths = {
    script: add(SCRIPT, 'js', 'text/javascript; charset=utf-8'),
    style: add(STYLE_SHEET + css, 'css', 'text/css; charset=utf-8'),
    icon: add(ICON, 'svg', SVG),
    logo: logo === undefined ? undefined : add(logo, 'svg', SVG),
  }
  return { paths, find: (path) => found.get(path) }
}

function headersOf(type: string, text: string) {
  return {
    'content-type': type,
    'content-length': String(Buffer.byteLength(text)),
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
    // A logo that is opened by itself runs nothing.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
  }
}
