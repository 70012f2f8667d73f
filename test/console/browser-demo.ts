import { afterAll, beforeAll } from '@jest/globals'
import type { Browser } from 'playwright-core'
import { openBrowser } from './browser.js'
import { createDemo, demoApp, koaDemoApp, serve, type Demo } from './demo.js'

/** The demo as it is mounted by each framework, by name. */
export const FRAMEWORKS = [
  ['Express', demoApp],
  ['Koa', koaDemoApp],
] as const

/** A demo that is served, and a browser, for the tests of one `describe`: both are there once a test runs. */
export function servedDemo(appOf: (typeof FRAMEWORKS)[number][1]) {
  let demo: Demo
  let browser: Browser
  let served: Awaited<ReturnType<typeof serve>>

  beforeAll(async () => {
    demo = await createDemo()
    served = await serve(appOf(demo))
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser.close()
    served.server.close()
    await demo.close()
  })

  return {
    get demo() {
      return demo
    },
    get browser() {
      return browser
    },
    get origin() {
      return served.origin
    },
  }
}
