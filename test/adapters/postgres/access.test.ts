import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createAccess, createMemoryAgreementStore } from 'sallyport/access'
import {
  createPostgresAccessStore,
  createPostgresAgreementStore,
  createPostgresKeyStore,
  type OpenPostgres,
} from 'sallyport/postgres'
import { accessEventCases, accessStoreCases, agreementStoreCases } from 'sallyport/testing'
import { databaseUrl, describeWith } from '../../services.js'
import { openEmbedded } from './embedded.js'
import { useInstances } from './instances.js'
import { patient } from './patient.js'

function withOutbox(client: Parameters<typeof createPostgresKeyStore>[0]) {
  const { outbox } = createPostgresKeyStore(client)
  if (outbox === undefined) throw new Error('The key store has no outbox.')
  return { access: patient(createPostgresAccessStore(client)), outbox: patient(outbox) }
}

describeWith(databaseUrl, 'in PostgreSQL', (url) => {
  const instances = useInstances(url)
  const pair = <T extends object>(make: (pool: OpenPostgres) => T) =>
    [patient(make(instances.pools[0])), patient(make(instances.pools[1]))] as const

  describe('the access store', () => {
    test.each(accessStoreCases(() => pair(createPostgresAccessStore)))('$name', ({ run }) => run())
    test.each(accessEventCases(() => withOutbox(instances.pools[0])))('$name', ({ run }) => run())
  })
  test('of two instances that are asked for access at once, one takes the request', async () => {
    const [here, there] = pair(createPostgresAccessStore)
    const agreements = createMemoryAgreementStore()
    const ask = { by: { id: 'ann' }, useCase: 'Lab results.', environments: ['live'] }
    for (let time = 0; time < 10; time++) {
      const ownerId = `race_${String(time)}`
      const ends = await Promise.allSettled(
        [here, there, here, there].map((store) =>
          createAccess({ store, agreements }).request({ ...ask, ownerId }),
        ),
      )
      expect((await here.list({ ownerId })).items).toHaveLength(1)
      const refused = ends.flatMap((end) =>
        end.status === 'rejected' ? [end.reason as unknown] : [],
      )
      expect(refused).toHaveLength(3)
      for (const error of refused) expect(error).toMatchObject({ code: 'already_requested' })
    }
  })
  describe('the agreement store', () => {
    test.each(agreementStoreCases(() => pair(createPostgresAgreementStore)))('$name', ({ run }) =>
      run(),
    )
  })
})

describe('in PGlite', () => {
  let database: PGlite
  beforeAll(async () => {
    database = await openEmbedded()
    await createPostgresKeyStore(database).migrate()
  }, 60_000)
  afterAll(() => database.close())

  test.each(accessStoreCases(() => patient(createPostgresAccessStore(database))))(
    '$name',
    ({ run }) => run(),
  )
  test.each(accessEventCases(() => withOutbox(database)))('$name', ({ run }) => run())
  test.each(agreementStoreCases(() => patient(createPostgresAgreementStore(database))))(
    '$name',
    ({ run }) => run(),
  )
})
