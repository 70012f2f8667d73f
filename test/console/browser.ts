import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

/** Debian's Chromium, or that of `CHROMIUM`. */
export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

export const hasChromium = existsSync(CHROMIUM)

/** For `chromium.launch`. */
export const LAUNCH = {
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch(LAUNCH)
}
