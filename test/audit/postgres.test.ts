import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { queryTrail, verifyTrail } from 'sallyport'
import { createPostgresAuditSink, openPostgres } from 'sallyport/postgres'
import { createCluster, postgresBinaries } from '../faults/cluster.js'
import { describeWith } from '../services.js'
import { auditedGate, KEY, requestWith, SIGNING } from './gates.js'

/** Asks until it works: the postmaster listens before it lets anybody in. */
async function untilDone<T>(
  work: () => Promise<T>,
  isDone: (value: T) => boolean,
): Promise<number> {
  const begun = performance.now()
  for (;;) {
    const value = await work().catch(() => undefined)
    if (value !== undefined && isDone(value)) return performance.now() - begun
    if (performance.now() - begun > 20_000) throw new Error('It is not over.')
    await pause(20)
  }
}

describeWith(postgresBinaries, 'PostgreSQL, which has the trail, is stopped', (binaries) => {
  test('503 in mode required, 200 in best-effort; it goes on by itself, and nothing is missing', async () => {
    const cluster = await createCluster(binaries)
    try {
      await cluster.start()
      const pool = await openPostgres(cluster.url, { max: 4 })
      const sink = createPostgresAuditSink(pool)
      await untilDone(
        () => sink.migrate().then(() => 'made'),
        () => true,
      )
      const errors: unknown[] = []
      const gate = auditedGate({ sink, key: SIGNING.key }, (error) => errors.push(error))
      const { secret } = await gate.keys.create(KEY)
      const ask = async (path: string, audit: 'required' | 'best-effort') =>
        gate.check(requestWith(secret, path), { audit })
      await untilDone(
        () => ask('/before', 'required'),
        ({ allowed }) => allowed,
      )
      errors.length = 0
      await cluster.stop()
      const begun = performance.now()
      expect(await ask('/refused', 'required')).toMatchObject({
        ...{ allowed: false, status: 503, reason: 'audit_unavailable' },
      })
      expect(performance.now() - begun).toBeLessThan(2_000)
      const waiting = Array.from({ length: 30 }, (_, n) => `/waiting/${String(n)}`)
      for (const path of waiting) {
        expect(await ask(path, 'best-effort')).toMatchObject({ allowed: true })
      }
      expect(errors.map(String)).toContain('AuditError: The audit trail cannot be written.')
      await cluster.start()
      const took = await untilDone(
        () => ask('/after', 'required'),
        ({ allowed }) => allowed,
      )
      expect(took).toBeLessThan(5_000)
      await gate.close()
      expect(await verifyTrail(sink.lines(), SIGNING)).toMatchObject({
        ...{ writers: 1, invalid: 0, missing: 0, unproven: 0, dropped: 0, findings: [] },
      })
      const { items } = await queryTrail(sink, { outcome: 'allowed', limit: 200 })
      const kept = items.map((item) => (item.kind === 'access' ? item.path : ''))
      const acknowledged = ['/before', ...waiting, '/after']
      expect(acknowledged.filter((path) => !kept.includes(path))).toEqual([])
      await pool.end()
    } finally {
      await cluster.remove()
    }
  }, 60_000)
})
