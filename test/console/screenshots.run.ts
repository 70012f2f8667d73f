import { mkdirSync } from 'node:fs'
import { createDemo, demoApp, serve } from './demo.js'
import { openBrowser } from './browser.js'

/** Pictures of every page, for the documents: `npm run screenshots`. With a folder, also dark ones and narrow ones, to look at. */
const [folder = 'docs/images/console', all] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })

const demo = await createDemo()
const { server, origin } = await serve(demoApp(demo))
const browser = await openBrowser()
/** Pages that are printed. */
const PRINTED = [
  'review',
  'signed-review',
  'usage',
  'audit',
  'keys',
  'key',
  'request',
  'access',
  'docs',
  'overview',
]
const LOOKS = [
  { name: '', width: 1280, scheme: 'light' },
  ...(all === 'all'
    ? [
        { name: '-dark', width: 1280, scheme: 'dark' } as const,
        { name: '-tablet', width: 768, scheme: 'light' } as const,
        { name: '-narrow', width: 320, scheme: 'light' } as const,
        { name: '-narrow-dark', width: 320, scheme: 'dark' } as const,
      ]
    : []),
] as const

/** Pages that somebody else sees. */
const OF_OTHERS = [
  ['staff', 'lee', ''],
  ['access-missing', 'kim', 'access'],
  ['no-access', 'kim', 'keys/new'],
  ['requests', 'lee', 'requests'],
  ['request', 'lee', `requests/${demo.request}`],
] as const

async function makeKeysOfAnn(): Promise<void> {
  const ann = demo.gate.as({
    ...{ subject: 'ann@acme.example', name: 'Ann Archer', ownerId: 'acme' },
    scopes: ['read:orders', 'read:invoices'],
  })
  for (const name of ['Reports', 'Archive']) {
    const key = { name, ownerId: 'acme', environment: 'live', scopes: ['read:orders'] } as const
    const { secret } = await ann.keys.create(key)
    await demo.gate.verify(secret, '198.51.100.7')
  }
}

/** Signs a weekly review as Ann. Returns where it is. */
async function signReview(): Promise<string> {
  const context = await browser.newContext()
  await context.addCookies([{ name: 'person', value: 'ann', url: origin }])
  const tab = await context.newPage()
  await tab.goto(`${origin}/portal/review`)
  await tab.fill('#f-note', 'Two keys were made for the reports. Nothing unusual.')
  await tab.click('text=Sign review')
  await tab.waitForURL('**/reviews/*')
  const path = tab.url().slice(`${origin}/portal/`.length)
  await context.close()
  return path
}

try {
  await makeKeysOfAnn()
  const { items } = await demo.gate.keys.list({ ownerId: 'acme' })
  const signed = await signReview()
  const id = (name: string) => items.find((key) => key.name === name && !key.rotatedTo)?.id ?? ''
  const pages = {
    overview: '',
    keys: 'keys',
    'new-key': 'keys/new?preset=read',
    key: `keys/${id('Billing server')}`,
    'key-in-grace': `keys/${id('Web shop')}`,
    rotate: `keys/${id('Billing server')}/rotate`,
    revoke: `keys/${id('Billing server')}/revoke`,
    pause: `keys/${id('Billing server')}/pause`,
    edit: `keys/${id('Billing server')}/edit`,
    docs: 'docs',
    audit: 'audit',
    usage: 'usage',
    reminders: 'reminders',
    review: 'review',
    person: 'people/ann%40acme.example',
    leaving: 'people/ann%40acme.example/revoke',
    access: 'access',
    reviews: 'reviews',
    'signed-review': signed,
    resume: `keys/${id('Partner sync')}/resume`,
    'not-found': 'keys/key_other',
  }
  for (const look of LOOKS) {
    const context = await browser.newContext({
      ...{ colorScheme: look.scheme, viewport: { width: look.width, height: 800 } },
      reducedMotion: 'reduce',
    })
    await context.addCookies([{ name: 'person', value: 'ann', url: origin }])
    const tab = await context.newPage()
    tab.on('console', (message) => {
      console.log('CONSOLE', message.text())
    })
    for (const [name, path] of Object.entries(pages)) {
      await tab.goto(`${origin}/portal/${path}`)
      await tab.screenshot({ path: `${folder}/${name}${look.name}.png`, fullPage: true })
      if (look.name === '-tablet' && PRINTED.includes(name)) {
        await tab.pdf({ path: `${folder}/${name}.pdf`, format: 'A4' })
      }
    }
    for (const [name, person, path] of OF_OTHERS) {
      await context.addCookies([{ name: 'person', value: person, url: origin }])
      await tab.goto(`${origin}/portal/${path}`)
      await tab.screenshot({ path: `${folder}/${name}${look.name}.png`, fullPage: true })
    }
    await context.addCookies([{ name: 'person', value: 'new', url: origin }])
    await tab.goto(`${origin}/portal/`)
    await tab.screenshot({ path: `${folder}/first${look.name}.png`, fullPage: true })
    await tab.goto(`${origin}/portal/keys/new`)
    await tab.click('button[type=submit]')
    await tab.screenshot({ path: `${folder}/mistakes${look.name}.png`, fullPage: true })
    await tab.fill('#f-name', 'Billing server')
    await tab.check('input[name=environment]')
    await tab.check('input[name=scopes]')
    await tab.click('button[type=submit]')
    await tab.screenshot({ path: `${folder}/secret${look.name}.png`, fullPage: true })
    await context.close()
  }
} finally {
  await browser.close()
  server.close()
  await demo.close()
}
