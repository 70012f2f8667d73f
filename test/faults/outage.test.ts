import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeWith } from '../services.js'
import { createCluster, postgresBinaries, type Cluster } from './cluster.js'
import { measureOutage } from './outage.js'

describeWith(postgresBinaries, 'PostgreSQL is stopped under load', (binaries) => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await createCluster(binaries)
  }, 60_000)
  afterAll(() => cluster.remove())

  test('what is remembered is served, the rest is told to come back, and so it can', async () => {
    const outages = await measureOutage(cluster, 6_000, ['told', 'told', 'none'])
    for (const outage of outages.slice(0, 2)) {
      // The last proof was up to a second old.
      expect(outage.servedFor).toBeGreaterThan(3_000)
      expect(outage.servedFor).toBeLessThan(5_000)
      expect(outage.remembered).toEqual(['200', '503, Retry-After 1'])
      expect(outage.unknown).toEqual(['503, Retry-After 1'])
      expect(outage.backAfter).toBeLessThan(5_000)
    }
    // Control: without a feed there is nothing to be proven, and 30 s are not over.
    expect(outages[2]?.remembered).toEqual(['200'])
    expect(outages[2]?.unknown).toEqual(['503, Retry-After 1'])
  }, 60_000)
})
