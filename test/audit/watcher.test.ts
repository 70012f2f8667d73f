import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { createGate } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createTestClock } from 'sallyport/testing'
import type { Unusual } from '../../src/audit/unusual.js'
import { createWatcher } from '../../src/audit/watcher.js'

const HOME = '198.51.100.7'

/** What is told of a new address after days with one request each, of which so many are read. */
async function toldAfter(mostLearned: number): Promise<readonly Unusual[]> {
  const directory = mkdtempSync(join(tmpdir(), 'watched-'))
  const time = createTestClock()
  const sink = createAuditFiles(directory, { clock: time.clock })
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: [] },
    ...{ clock: time.clock, audit: { sink }, bruteForce: false, onError: () => undefined },
  })
  const { secret, id: keyId } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  for (let day = 0; day < 20; day++) {
    const rawHeaders = ['X-API-Key', secret]
    const peer = { address: HOME, encrypted: true }
    await gate.check({ method: 'GET', url: '/', rawHeaders, peer })
    time.advance('1d')
  }
  await gate.close()
  const told: Unusual[] = []
  const watcher = createWatcher({
    ...{ sinks: [createAuditFiles(directory)], clock: time.clock, mostLearned },
    tell: (found) => told.push(...found),
    onError: (error) => {
      throw error
    },
  })
  await watcher.ready
  const actor = { environment: 'live', ownerId: 'org_1', keyId }
  watcher.note({ at: time.clock(), actor, client: '203.0.113.9', outcome: 'allowed' })
  rmSync(directory, { recursive: true })
  return told
}

test('who is known by all that was read is told of', async () => {
  expect(await toldAfter(100)).toMatchObject([{ what: 'new_address' }])
})

test('where not all was read, the rest of the time does not count', async () => {
  // The first three days: what was usual on the others, nobody knows.
  expect(await toldAfter(3)).toEqual([])
})
