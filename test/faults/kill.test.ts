import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createSchema, makeTables, type Schema } from '../adapters/postgres/schema.js'
import { firstOf } from '../dose.js'
import { databaseUrl, describeWith } from '../services.js'
import { killEverywhere, type Plan } from './kill.js'

describeWith(databaseUrl, 'killed at every statement', (url) => {
  let schema: Schema
  beforeAll(async () => {
    schema = await createSchema(url)
    await makeTables(schema)
  })
  afterAll(() => schema.drop())

  const plan = { when: 'answered', limited: true, halved: false } as const
  const plans: readonly (readonly [Plan, number])[] = [
    [{ ...plan, act: 'create' }, 6],
    [{ ...plan, act: 'revoke', when: 'sent' }, 12],
    [{ ...plan, act: 'rotate' }, 20],
  ]
  test.each(firstOf(2, plans))(
    '%j: both rows or neither',
    async (each, statements) => {
      expect(await killEverywhere(schema, each)).toEqual({ killed: statements, broken: [] })
    },
    60_000,
  )

  const controls: readonly Plan[] = [
    { ...plan, act: 'revoke', halved: true },
    { ...plan, act: 'rotate', halved: true },
  ]
  test.each(firstOf(1, controls))(
    'control: %j',
    async (each) => {
      const { broken } = await killEverywhere(schema, each, ({ length }) => length > 0)
      expect(broken).not.toEqual([])
    },
    60_000,
  )
})
