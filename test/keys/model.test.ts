import { describe, expect, test } from '@jest/globals'
import { explore } from './explore.js'
import { MODELS, PROTECTIONS } from './model.js'

const LIMIT_MS = 60_000

describe('whatever happens, in whatever order, no instance answers with what it must know to be over', () => {
  test.each(MODELS.small)(
    'reads: $reads, changes: $changes, told $told',
    (model) => {
      const { states, violation } = explore(model)
      expect(violation).toBeUndefined()
      expect(states).toBeGreaterThan(5_000)
      process.stdout.write(`${JSON.stringify(model)}: ${states.toLocaleString('en')} states\n`)
    },
    LIMIT_MS,
  )
})

describe('a way to a wrong answer is found when it is left out that', () => {
  test.each(PROTECTIONS)(
    '%s',
    (without) => {
      const found = MODELS.small.some((model) => explore({ ...model, without }).violation)
      expect(found).toBe(true)
    },
    LIMIT_MS,
  )
})
