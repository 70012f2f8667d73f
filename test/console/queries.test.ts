import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createAccess, createMemoryAccessStore, createMemoryAgreementStore } from 'sallyport/access'
import { createMemoryReviewStore } from 'sallyport/console'
import { createAuditFiles } from 'sallyport/file'
import { ANN, openConsole, SCOPES, type Scope } from './harness.js'

const KEY = `acme_live_sk_${'0'.repeat(33)}`
const TOKEN = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl'
const ODD = [
  ...['', '%20', 'x', '%00', '%0a', '%ff', '%ed%a0%80', '%E2%80%AE', '%F0%9F%94%91', '%', '[]'],
  ...['-1', '1e9', 'null', '__proto__', '..%2F..%2F', '%3Cb%3E%22%27%3C/b%3E', "'", '%22'],
  ...['2030-13-45', '9999-12-31', '0000-00-00', '0001-01-01', '275760-09-13'],
  ...['a'.repeat(129), 'a'.repeat(257), 'a'.repeat(5_000), TOKEN, KEY, `x+${KEY}`],
]

/** Of pages that read the log, and add to it with each look. */
const FEW = ['%ff', '%3Cb%3E%22', '2030-13-45', '9999-12-31', '0001-01-01', 'a'.repeat(300), KEY]

let now = Date.now()
const clock = () => now
let folder: string
let opened: ReturnType<typeof openConsole>
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'console-queries-'))
  const access = createAccess({
    ...{ store: createMemoryAccessStore(), agreements: createMemoryAgreementStore(), terms: {} },
  })
  const gate = createGate<Scope>({
    ...{ environment: ['live', 'test'], keys: { prefix: 'acme' }, scopes: SCOPES },
    ...{ audit: { sink: createAuditFiles(folder) }, clock },
  })
  const roles = {
    admin: ['keys:all', 'usage:view', 'audit:view', 'access:decide', 'access:request'],
  } as const
  opened = openConsole({ access, roles, reviews: createMemoryReviewStore(), clock }, gate)
  for (const name of ['A', 'B']) {
    await gate.keys.create({ name, ownerId: 'org_1', environment: 'live', scopes: ['read:orders'] })
  }
})
afterEach(async () => {
  await opened.gate.close()
  rmSync(folder, { recursive: true })
})

test.each([
  ['keys', ['q', 'environment', 'state', 'unused', 'by', 'cursor', 'due', 'sort']],
  ['keys/new', ['preset']],
  ['audit', ['key', 'person', 'outcome', 'reason', 'phi', 'from', 'to', 'ids', 'cursor']],
  ['audit.csv', ['key', 'person', 'phi', 'from', 'to']],
  ['usage', ['environment', 'days']],
  ['usage.csv', ['environment', 'days', 'by']],
  ['review', ['to', 'environment']],
  ['reviews', ['cursor']],
  ['requests', ['state', 'cursor']],
  ['reminders', ['x']],
  ['people/ann', ['x']],
])(
  'no query of /%s is too odd: there is a page, and no markup of the query on it',
  async (page, names) => {
    const failed: string[] = []
    for (const name of names) {
      // Downloads are bounded, for each person and for its organization, by the minute.
      now += 60_000
      opened.people.set('ann', { ...ANN, id: `ann-${name}` })
      for (const value of /^(?:audit|review$)/.test(page) ? FEW : ODD) {
        for (const query of [`${name}=${value}`, `${name}=${value}&${name}=b`]) {
          const { status, text } = await opened.send(`/${page}?${query}`)
          if (
            ![200, 303, 400].includes(status) ||
            (!page.endsWith('.csv') && text.includes('<b>"')) ||
            text.includes(KEY)
          ) {
            failed.push(`${query.slice(0, 60)}: ${String(status)}`)
          }
        }
      }
    }
    expect(failed).toEqual([])
    expect(opened.errors).toEqual([])
  },
)
