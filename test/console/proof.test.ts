import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import {
  createGate,
  createMemoryKeyStore,
  type AuditSink,
  type TrailLine,
  type TrailReader,
} from 'sallyport'
import { createTestClock } from 'sallyport/testing'
import { access, chained } from '../audit/trails.js'
import { openConsole, SCOPES, type Scope } from './harness.js'

const HOUR_MS = 3_600_000

/** A signed log whose newest proven event of `org_1` is a day old, and a console over it. */
async function open() {
  const time = createTestClock(new Date('2030-06-15T12:00:00Z'))
  const lines: TrailLine[] = []
  const add = (line: string) => lines.push({ line, where: `line ${String(lines.length)}` })
  const sink: AuditSink & TrailReader = {
    write: (entries) => {
      for (const { line } of entries) add(line)
    },
    async *lines() {
      await Promise.resolve()
      yield* [...lines]
    },
  }
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const store = createMemoryKeyStore()
  const openGate = () =>
    createGate<Scope>({
      ...{ environment: ['live', 'test'], keys: { prefix: 'acme', store }, scopes: SCOPES },
      ...{ audit: { sink, key }, clock: time.clock },
    })
  const before = openGate()
  await before.keys.create({ name: 'A', ownerId: 'org_1', environment: 'live' })
  await before.close()
  time.advance('24h')
  const gate = openGate()
  const { send } = openConsole({ clock: time.clock }, gate)
  /** An event that somebody has added to the log, of so many milliseconds ago. */
  const forge = (agoMs: number) => {
    const record = access({ time: new Date(time.clock() - agoMs).toISOString(), path: '/forged' })
    for (const { line } of chained(`evil.${String(agoMs)}`, [record])) add(line)
  }
  const look = async () => {
    const { text } = await send('/audit')
    return {
      title: /<h2>(Verified|Not all of it is verified|Not signed yet)</.exec(text)?.[1],
      findings: /(\d+)\s+findings?\s/.exec(text)?.[1],
      marked: text.match(/>Not proven</g)?.length ?? 0,
      pending: text.match(/>Not signed yet<\/span>/g)?.length ?? 0,
    }
  }
  return { gate, forge, look }
}

test('control: the log of an owner who has done nothing since is verified, and new events wait', async () => {
  const { gate, look, forge } = await open()
  expect(await look()).toEqual({ title: 'Verified', findings: '0', marked: 0, pending: 0 })
  forge(10_000)
  expect(await look()).toEqual({ title: 'Verified', findings: '0', marked: 0, pending: 1 })
  await gate.close()
})

test.each([3 * HOUR_MS, 120_000, -24 * HOUR_MS])(
  'an event of %d ms ago that nobody has signed is a finding, and is marked, also after the newest that is proven',
  async (agoMs) => {
    const { gate, look, forge } = await open()
    forge(agoMs)
    const title = 'Not all of it is verified'
    expect(await look()).toMatchObject({ title, findings: '1', marked: 1 })
    await gate.close()
  },
)
