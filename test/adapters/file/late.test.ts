import { EventEmitter } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createGate, queryTrail, type AccessRecord } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { KEY, PATIENT, requestWith } from '../../audit/gates.js'

const DAY_MS = 86_400_000
let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-late-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

class Response extends EventEmitter {
  readonly statusCode = 200
  readonly writableFinished = true
}

test.each([0, 1, 3, 9])(
  'a request that is answered %i days after it came is found by when it came, with all that is known of it',
  async (days) => {
    const begun = Date.parse('2030-01-31T12:00:00.000Z')
    let now = begun
    const clock = () => now
    const sink = createAuditFiles(directory, { clock })
    const gate = createGate({
      environment: 'live',
      keys: { prefix: 'acme' },
      scopes: ['read:patients'],
      audit: { sink, instance: 'api-1' },
      clock,
    })
    const { secret } = await gate.keys.create({ ...KEY, environment: 'live' })
    const response = new Response()
    const grant = await gate.check({ ...requestWith(secret, '/feed'), response })
    if (!grant.allowed) throw new Error(grant.reason)
    now += days * DAY_MS
    await grant.audit.phi(PATIENT)
    response.emit('close')
    await gate.check(requestWith(secret, '/later'))
    await gate.audit.flush()
    expect(readdirSync(directory).length).toBeGreaterThan(0)

    const that = { from: new Date(begun - 1), to: new Date(begun + 1), kind: 'access' } as const
    const { items } = await gate.audit.query(that)
    const feed = (items as readonly AccessRecord[]).filter(({ path }) => path === '/feed')
    expect(feed).toMatchObject([{ status: 200, phi: PATIENT }])
    // Page after page, it is on one of them.
    const paths: (string | undefined)[] = []
    for (let cursor: string | undefined; ;) {
      const page = await queryTrail(sink, { kind: 'access', limit: 1, ...(cursor && { cursor }) })
      paths.push(...(page.items as readonly AccessRecord[]).map(({ path }) => path))
      cursor = page.cursor
      if (cursor === undefined) break
    }
    expect(paths.sort()).toEqual(['/feed', '/later'])
    await gate.close()
  },
)
