import { explore } from './explore.js'
import { MODELS } from './model.js'

for (const model of [...MODELS.small, ...MODELS.large]) {
  const begun = performance.now()
  const { states, violation } = explore(model)
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1)
  console.log(`${JSON.stringify(model)}: ${states.toLocaleString('en')} states in ${seconds} s`)
  if (violation === undefined) continue
  console.error(violation.join('\n'))
  process.exitCode = 1
}
