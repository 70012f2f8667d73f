/**
 * Changes the files of table.js with StrykerJS, one place at a time, and runs their tests on each change. Fails where a file is below 95 %. With
 * arguments, only the files whose paths have one of these in them.
 */
import { Stryker } from '@stryker-mutator/core'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import { SAME } from './same.js'
import { GROUPS } from './table.js'

const LEAST_PERCENT = 95
const NOTICED = ['Killed', 'Timeout']
const MISSED = ['Survived', 'NoCoverage']
const LISTED = 'Listed'

const wanted = process.argv.slice(2)
const isWanted = (file) => wanted.length === 0 || wanted.some((part) => file.includes(part))

for (const { file, at } of SAME) {
  if (!linesOf(file).includes(at)) console.log(`same.js: ${file} does not have this line: ${at}`)
}
const results = []
for (const { files, tests } of GROUPS) {
  const mutate = files.filter(isWanted)
  if (mutate.length === 0) continue
  const tried = await run(mutate, tests)
  for (const mutant of tried) if (changesNothing(mutant)) mutant.status = LISTED
  for (const mutant of tried) if (MISSED.includes(mutant.status)) tellMissed(mutant)
  results.push(...tried)
}
const scores = Object.fromEntries(
  [...new Set(results.map(({ fileName }) => relative(fileName)))].map((file) => [
    file,
    scoreOf(results.filter(({ fileName }) => relative(fileName) === file)),
  ]),
)
console.table(scores)
const total = scoreOf(results)
console.log(`${total.percent} % of ${total.noticed + total.missed} changes were noticed.`)
if (Object.values(scores).some(({ percent }) => Number(percent) < LEAST_PERCENT)) {
  process.exitCode = 1
}

function run(mutate, tests) {
  const stryker = new Stryker({
    mutate,
    testRunner: 'bundled',
    tests: tests.flatMap(spread),
    plugins: ['runner.js', 'sentences.js'].map((name) => join(import.meta.dirname, name)),
    ignorers: ['sentences'],
    coverageAnalysis: 'perTest',
    concurrency: 1,
    // A change that never ends is noticed by that; a slow machine is not taken for one.
    timeoutMS: 10_000,
    timeoutFactor: 3,
    reporters: ['progress-append-only'],
    tempDirName: '.data/mutants',
    allowConsoleColors: false,
    allowEmpty: true,
    logLevel: 'warn',
  })
  return stryker.runMutationTest()
}

/** `a/{b,c}` is `a/b` and `a/c`. */
function spread(pattern) {
  const [before, names, after = ''] = pattern.split(/[{}]/)
  return names === undefined ? [pattern] : names.split(',').map((name) => before + name + after)
}

function scoreOf(mutants) {
  const count = (statuses) => mutants.filter(({ status }) => statuses.includes(status)).length
  const [noticed, late, missed] = [NOTICED, ['Timeout'], MISSED].map(count)
  const percent = ((100 * noticed) / Math.max(1, noticed + missed)).toFixed(1)
  return { noticed, late, missed, listed: count([LISTED]), percent }
}

/** Whether it is one of those that are listed, with the reason why nothing can notice them. */
function changesNothing({ fileName, location, replacement, status }) {
  if (!MISSED.includes(status)) return false
  const line = linesOf(fileName)[location.start.line - 1]
  return SAME.some(
    ({ file, at, instead }) =>
      relative(fileName) === file && line === at && instead.includes(replacement),
  )
}

function linesOf(fileName) {
  return readFileSync(fileName, 'utf8')
    .split('\n')
    .map((line) => line.trim())
}

function tellMissed({ fileName, location, mutatorName, replacement, status }) {
  const { line, column } = location.start
  console.log(
    `${relative(fileName)}:${line}:${column} ${status} ${mutatorName}: ${replacement.replace(/\s+/g, ' ')}`,
  )
}

function relative(fileName) {
  return fileName.replace(`${process.cwd()}/`, '')
}
