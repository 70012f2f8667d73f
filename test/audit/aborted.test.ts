import { createPrivateKey } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { queryTrail } from 'sallyport'
import { createChain } from '../../src/audit/chain.js'
import { SIGNING } from './gates.js'
import { access, begun, trailOf } from './trails.js'

const OTHERS = 10_500
const TIME = '2030-01-07T10:00:00.000Z'

/** A request that is in progress while another owner asks very often, and hangs up each time or not. */
function trail(others: object, key?: string) {
  const { add } = createChain('api.1', key === undefined ? undefined : createPrivateKey(key))
  const checkpoint = () => (key === undefined ? [] : [add({ kind: 'checkpoint', time: TIME })])
  const slow = begun({ ownerId: 'org_slow' })
  return trailOf([
    add({ ...slow }),
    ...Array.from({ length: OTHERS }, (_, n) => [
      add({
        ...access({ ownerId: 'org_busy', phi: { resource: 'Patient', action: 'read' } }),
        ...others,
      }),
      ...(n % 1_000 === 0 ? checkpoint() : []),
    ]).flat(),
    add({ ...slow, status: 200, latencyMs: 60_000 }),
    ...checkpoint(),
  ])
}

test.each([
  ['are answered, nobody signs', {}, undefined],
  ['are aborted, nobody signs', { aborted: true }, undefined],
  ['are answered, the log is signed', {}, SIGNING],
  ['are aborted, the log is signed', { aborted: true }, SIGNING],
])(
  'a request is shown once, however many of another owner come during it that %s',
  async (_how, others, signing) => {
    const options = signing && { publicKeys: signing.publicKeys }
    const { items } = await queryTrail(
      trail(others, signing?.key),
      { ownerId: 'org_slow' },
      options,
    )
    expect(items).toMatchObject([{ status: 200, latencyMs: 60_000, proven: signing !== undefined }])
  },
)
