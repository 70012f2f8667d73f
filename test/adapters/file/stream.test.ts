import { PassThrough } from 'node:stream'
import { describe, expect, test } from '@jest/globals'
import { verifyTrail } from 'sallyport'
import { createAuditStream, type AuditStreamTarget } from 'sallyport/file'
import { auditSinkCases } from 'sallyport/testing'
import { auditedGate, KEY, requestWith, SIGNING } from '../../audit/gates.js'
import { access, chained } from '../../audit/trails.js'

/** A stream, and what it has taken. */
function collecting(): { stream: PassThrough; lines: () => string[] } {
  const stream = new PassThrough()
  let text = ''
  stream.on('data', (piece: Buffer) => (text += piece.toString()))
  return { stream, lines: () => text.split('\n').slice(0, -1) }
}

/** One that has been destroyed, as a pipe whose other end is gone. */
function closed(): PassThrough {
  return new PassThrough().on('error', () => undefined).destroy()
}

describe('a trail to a stream', () => {
  const open = () => createAuditStream(collecting().stream)
  const broken = () => createAuditStream(closed())
  for (const { name, run } of auditSinkCases(open, broken)) test(name, run)

  test('is a line for each record, and can be verified by whoever has the lines', async () => {
    const { stream, lines } = collecting()
    const gate = auditedGate({ sink: createAuditStream(stream), key: SIGNING.key })
    const { secret } = await gate.keys.create(KEY)
    for (let n = 0; n < 20; n++) await gate.check(requestWith(secret, `/${String(n)}`))
    await gate.close()
    const found = lines().map((line, at) => ({ line, where: String(at) }))
    expect(found.length).toBeGreaterThan(20)
    expect(await verifyTrail(found, SIGNING)).toMatchObject({
      ...{ valid: found.length, invalid: 0, missing: 0, unproven: 0 },
    })
  })

  test('that is gone: 503 in mode required, 200 in best-effort', async () => {
    const errors: unknown[] = []
    const sink = createAuditStream(closed())
    const gate = auditedGate({ sink }, (error) => errors.push(error))
    const { secret } = await gate.keys.create(KEY)
    expect(await gate.check(requestWith(secret))).toMatchObject({ allowed: true })
    expect(await gate.check(requestWith(secret), { audit: 'required' })).toMatchObject({
      ...{ allowed: false, status: 503, reason: 'audit_unavailable' },
    })
    expect(errors.map(String)).toContain('AuditError: The audit trail cannot be written.')
  })

  test('that is slow is handed nothing twice', async () => {
    const lines: string[] = []
    const held: (() => void)[] = []
    const slow: AuditStreamTarget = {
      write(text, done) {
        lines.push(text)
        held.push(done)
      },
    }
    const sink = createAuditStream(slow)
    const entries = chained('a.1', [access(), access()])
    const calls = [0, 1].map(async () => {
      await sink.write(entries)
    })
    await new Promise((resolve) => setImmediate(resolve))
    held.forEach((done) => {
      done()
    })
    await Promise.all(calls)
    expect(lines).toEqual([entries.map(({ line }) => `${line}\n`).join('')])
  })

  test('that refused is handed all of it again', async () => {
    const lines: string[] = []
    let times = 0
    const moody: AuditStreamTarget = {
      write(text, done) {
        if (times++ === 0) done(new Error('EAGAIN'))
        else done(void lines.push(text))
      },
    }
    const sink = createAuditStream(moody)
    const entries = chained('a.1', [access(), access()])
    await expect(sink.write(entries)).rejects.toThrow('EAGAIN')
    await sink.write(entries)
    expect(lines).toEqual([entries.map(({ line }) => `${line}\n`).join('')])
  })
})
