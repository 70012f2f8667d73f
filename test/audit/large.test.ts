import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { MAX_AUDIT_LINE, queryTrail, verifyTrail, type AuditSink, type Decision } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { auditedGate, KEY, keptSink, PATIENT, requestWith } from './gates.js'

type Audited = Extract<Decision, { allowed: true }>

const idsOf = (character: string, count = 1_000) =>
  Array.from({ length: count }, (_, n) => String(n).padEnd(128, character))

async function allowed(gate: ReturnType<typeof auditedGate>, secret: string): Promise<Audited> {
  const decision = await gate.check(requestWith(secret))
  if (!decision.allowed) throw new Error(decision.reason)
  return decision
}

test.each([
  ['ASCII', 'x', 8],
  // A character takes 6 bytes: of those within all other bounds, two kinds fit.
  ['no ASCII', '\u75c5', 2],
])(
  'what phi resolves for is found, and is no changed line: ids of %s',
  async (_, character, kinds) => {
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-large-'))
    try {
      const files = createAuditFiles(directory)
      const gate = auditedGate({ sink: files, mode: 'required' })
      const { secret } = await gate.keys.create(KEY)
      const { audit } = await allowed(gate, secret)
      const taken: string[] = []
      for (let kind = 0; kind < 8; kind++) {
        const resource = `Kind${String(kind)}`
        const tell = async (): Promise<unknown> =>
          audit.phi({ ...PATIENT, resource, ids: idsOf(character) })
        // Megabytes may take longer than 250 ms on a busy machine: what is told again of one kind is put together.
        const late = (error: unknown) => {
          if (!String(error).includes('No sink acknowledged')) throw error
          return tell()
        }
        await tell()
          .catch(late)
          .catch(late)
          .then(
            () => taken.push(resource),
            (error: unknown) => {
              expect(String(error)).toMatch(/at most 2097152 bytes/)
            },
          )
      }
      expect(taken).toHaveLength(kinds)
      await gate.close()
      expect(await verifyTrail(files.lines())).toMatchObject({ invalid: 0, missing: 0, dropped: 0 })
      for (const resource of taken) {
        expect((await queryTrail(files, { phi: { resource } })).items).toHaveLength(1)
      }
    } finally {
      rmSync(directory, { recursive: true })
    }
  },
)

test('a record that is too long in another member is counted, and let nobody in', async () => {
  const sink = keptSink()
  const gate = auditedGate({ sink, mode: 'required' })
  const { secret } = await gate.keys.create(KEY)
  // A framework may say anything of a request; scopes and ids are cut, what it is asked for by a store is not.
  const peer = { encrypted: true, address: 'x'.repeat(MAX_AUDIT_LINE) }
  const decision = await gate.check({ ...requestWith(secret), peer })
  expect(decision).toMatchObject({ allowed: false, reason: 'audit_unavailable' })
  expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
  await gate.close()
  expect(sink.entries.every(({ line }) => line.length <= MAX_AUDIT_LINE)).toBe(true)
  expect(sink.records('gap').length).toBeGreaterThan(0)
})

test('ids that wait for a sink are bounded in bytes, and what has no place is refused', async () => {
  let release: () => void = () => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  const kept = keptSink()
  const sink: AuditSink = { write: async (entries) => (await held, kept.write(entries)) }
  const gate = auditedGate({ sink, mode: 'best-effort' })
  const { secret } = await gate.keys.create(KEY)
  await turn()
  const before = process.memoryUsage().heapUsed
  const ids = idsOf('x')
  for (let n = 0; n < 800; n++) {
    const { audit } = await allowed(gate, secret)
    await audit.phi({ ...PATIENT, ids: ids.map((id) => `${String(n)}${id}`.slice(0, 128)) })
  }
  // Each holds 131,000 bytes; 512 of them have a place.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(250_000_000)
  release()
  await gate.close()
  const gaps = kept.records('gap') as readonly { allowed: number }[]
  expect(gaps.reduce((sum, gap) => sum + gap.allowed, 0)).toBeGreaterThan(200)
})

test.each([
  ['an action', { ...PATIENT, action: 'a\0b' }],
  ['an action of the prototype', { ...PATIENT, action: 'constructor' }],
  ['a resource', { ...PATIENT, resource: 5 }],
  ['ids', { ...PATIENT, ids: 'pat_1' }],
  ['an id', { ...PATIENT, ids: [1] }],
  ['an access', undefined],
])(
  '%s that is none is refused at the call, and ends no process that does not wait',
  async (_, told) => {
    const sink = keptSink()
    const errors: unknown[] = []
    const gate = auditedGate({ sink }, (error) => errors.push(error))
    const { secret } = await gate.keys.create(KEY)
    const unhandled: unknown[] = []
    const hear = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', hear)
    try {
      const { audit } = await allowed(gate, secret)
      void audit.phi(told as never)
      await turn()
      await expect(Promise.resolve(audit.phi(told as never))).rejects.toThrow('auditOf().phi')
      await turn()
    } finally {
      process.off('unhandledRejection', hear)
    }
    await gate.close()
    expect(unhandled).toEqual([])
    expect(errors).toHaveLength(2)
    expect(sink.records('access')).toEqual([
      expect.not.objectContaining({ phi: expect.anything() }),
    ])
  },
)
