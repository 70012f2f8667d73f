import { describe, expect, test } from '@jest/globals'
import { sightOf, type Reader, type Sight } from '../../src/audit/visible-records.js'

type Event = Parameters<Sight['sees']>[0]

const event = (fields: object) => ({ kind: 'access', outcome: 'allowed', ...fields }) as Event
const reader = (fields: Partial<Reader>): Reader => ({
  ...{ ownerId: 'org_1', environments: ['live', 'test'], tenants: undefined, ...fields },
})
const sees = (by: Partial<Reader>, fields: object, isTold = () => true) =>
  sightOf(reader(by), isTold).sees(event(fields))

describe('of what somebody manages', () => {
  test.each<[string, object, boolean]>([
    ['an access of its environment', { environment: 'live' }, true],
    ['an access of another', { environment: 'demo' }, false],
    ['an access of none', {}, true],
    ['a change of a key of another', { kind: 'key-change', environment: 'demo' }, false],
    [
      'a step of access to two, of which it manages one',
      { kind: 'enrollment', environments: ['demo', 'live'] },
      true,
    ],
    [
      'a step of access to others',
      { kind: 'enrollment', environment: 'live', environments: ['demo'] },
      false,
    ],
    ['a step of access to all', { kind: 'enrollment' }, true],
  ])('it sees %s', (_, fields, isSeen) => {
    expect(sees({}, fields)).toBe(isSeen)
    // And never what it may not be told of.
    expect(sees({}, fields, () => false)).toBe(false)
  })
})

describe('who acts for tenants', () => {
  test.each<[string, object, boolean]>([
    ['an access to data of one of these', { tenantId: 'clinic_1' }, true],
    ['an access to data of another', { tenantId: 'clinic_2' }, false],
    ['what was refused at another', { tenantId: 'clinic_2', outcome: 'denied' }, false],
    ['what was refused at one of these', { tenantId: 'clinic_1', outcome: 'denied' }, true],
    ['what was allowed without a tenant', {}, true],
    [
      'what was refused without one, which may have been meant for any',
      { outcome: 'denied' },
      false,
    ],
    ['a change of a key', { kind: 'key-change', tenantId: 'clinic_2', outcome: 'denied' }, true],
  ])('sees %s', (_, fields, isSeen) => {
    expect(sees({ tenants: ['clinic_1'] }, fields)).toBe(isSeen)
    // Without a list, it is held to none.
    expect(sees({}, fields)).toBe(true)
  })

  test('finds them as they are recorded, however long', () => {
    const tenants = ['x'.repeat(1_000)]
    const sight = sightOf(reader({ tenants }), () => true)
    const [recorded = ''] = sight.tenants ?? []
    expect(recorded).toMatch(/^x+ \[sha256 /)
    expect(sight.environments).toEqual(['live', 'test'])
    expect(sight.sees(event({ tenantId: recorded }))).toBe(true)
    expect(sight.sees(event({ tenantId: tenants[0] }))).toBe(false)
  })
})
