/**
 * The few functions of Jest that the tests use, without Jest: a file of tests that is imported says what it has, and its tests are run here, in this
 * process. To start Jest takes longer than most tests do, and there are as many starts as changes.
 */
import { performance } from 'node:perf_hooks'
import { format } from 'node:util'
import { ModernFakeTimers } from '@jest/fake-timers'
import { expect } from 'expect'
import { ModuleMocker } from 'jest-mock'

const LIMIT_MS = 10_000
const { setTimeout: later, clearTimeout: cancel } = globalThis

const mocker = new ModuleMocker(globalThis)
const timers = new ModernFakeTimers({ config: { fakeTimers: {} }, global: globalThis })
let limitMs = LIMIT_MS
let block = blockOf()

const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  restoreAllMocks: () => mocker.restoreAllMocks(),
  setTimeout: (ms) => void (limitMs = ms),
  ...Object.fromEntries(
    [
      ...['useFakeTimers', 'useRealTimers', 'getTimerCount', 'setSystemTime'],
      ...['advanceTimersByTime', 'advanceTimersByTimeAsync'],
    ].map((name) => [name, (...given) => timers[name](...given)]),
  ),
}

function blockOf(name = '', parent = undefined) {
  const hooks = { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] }
  return { name, parent, hooks, children: [] }
}

function describe(name, fill) {
  const outer = block
  block = blockOf(name, outer)
  outer.children.push(block)
  try {
    fill()
  } finally {
    block = outer
  }
}

function test(name, run, ms = limitMs) {
  block.children.push({ name, parent: block, run, ms })
}

const eachOf =
  (add) =>
  (rows) =>
  (title, run, ...more) => {
    rows.forEach((row, index) => {
      const given = Array.isArray(row) ? row : [row]
      add(`${titleOf(title, given)} #${index}`, () => run(...given), ...more)
    })
  }

function titleOf(title, given) {
  const places = title.match(/%[sdifjoOp]/g)?.length ?? 0
  return format(title.replaceAll('%p', '%j'), ...given.slice(0, places))
}

function skip() {
  // What is skipped notices nothing.
}

Object.assign(describe, { each: eachOf(describe), skip })
Object.assign(test, { each: eachOf(test), skip, concurrent: test })
const hooks = Object.fromEntries(
  Object.keys(block.hooks).map((kind) => [kind, (hook) => block.hooks[kind].push(hook)]),
)
globalThis.sallyportSuite = { describe, test, expect, jest, ...hooks }

/** What the tests import in place of `@jest/globals`. */
export const GLOBALS = `export const { ${Object.keys(globalThis.sallyportSuite).join(', ')} } = globalThis.sallyportSuite`

/** The tests of a file, which `load` imports. */
export async function collect(load) {
  block = blockOf()
  limitMs = LIMIT_MS
  await load()
  return block
}

/** Runs tests with their hooks, until one fails where `bails`. `started` is told the name of each, and `undefined` between them. */
export async function runSuite(root, { isWanted = () => true, bails, started }) {
  const results = []
  const isOver = () => bails && results.some(({ failure }) => failure !== undefined)

  async function runBlock(one) {
    const wanted = testsIn(one).filter((each) => isWanted(nameOf(each)))
    if (wanted.length === 0 || isOver()) return
    const broken = await failureOf(() => inTurn(one.hooks.beforeAll))
    for (const child of one.children) {
      if (isOver()) break
      if (child.children !== undefined) await runBlock(child)
      else if (wanted.includes(child)) await runTest(child, broken)
    }
    const late = await failureOf(() => inTurn(one.hooks.afterAll))
    const last = results.at(-1)
    if (late !== undefined && last !== undefined) last.failure ??= late
  }

  async function runTest(one, broken) {
    const name = nameOf(one)
    const begun = performance.now()
    started(name)
    const around = lineOf(one.parent)
    const before = () => inTurn(around.flatMap(({ hooks: { beforeEach } }) => beforeEach))
    const after = () => inTurn(around.reverse().flatMap(({ hooks: { afterEach } }) => afterEach))
    const failed =
      broken ??
      (await failureOf(async () => {
        await before()
        await one.run()
      }, one.ms))
    const failure = failed ?? (await failureOf(after))
    if (failed !== undefined) await failureOf(after)
    started(undefined)
    results.push({ name, failure, ms: performance.now() - begun })
  }

  await runBlock(root)
  timers.useRealTimers()
  mocker.restoreAllMocks()
  return results
}

function testsIn({ children }) {
  return children.flatMap((child) => (child.children === undefined ? [child] : testsIn(child)))
}

function lineOf(one) {
  return one === undefined ? [] : [...lineOf(one.parent), one]
}

function nameOf({ name, parent }) {
  return [...lineOf(parent).map((one) => one.name), name].filter(Boolean).join(' ')
}

async function inTurn(functions) {
  for (const each of functions) await each()
}

/** What went wrong; nothing that a test has started may fail unseen, and none may take for ever. */
async function failureOf(work, ms = LIMIT_MS) {
  let timer
  let fail
  const stopped = new Promise((_, reject) => {
    fail = reject
    timer = later(reject, ms, new Error(`took more than ${ms} ms`))
  })
  process.on('uncaughtException', fail).on('unhandledRejection', fail)
  try {
    await Promise.race([work(), stopped])
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  } finally {
    cancel(timer)
    process.off('uncaughtException', fail).off('unhandledRejection', fail)
  }
}
