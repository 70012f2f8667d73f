import { expect, test } from '@jest/globals'
import { createProgress } from '../../cli/progress.js'

function terminal(columns?: number) {
  const written: string[] = []
  const text = () => written.join('')
  return {
    isTTY: true,
    ...(columns !== undefined && { columns }),
    write: (one: string) => written.push(one),
    text,
  }
}

function clock() {
  let now = 0
  return { now: () => now, pass: (ms: number) => (now += ms) }
}

test('a bar, the share that is done, the lines and the rate', () => {
  const [out, time] = [terminal(), clock()]
  const progress = createProgress(out, 1_000, time.now)
  progress.read(500)
  for (let line = 1; line <= 1_234; line++) progress.line(line)
  expect(out.text()).toBe('')
  time.pass(1_000)
  progress.line(1_235)
  const half = `[${'#'.repeat(20)}${'.'.repeat(20)}]`
  expect(out.text()).toBe(`\r\x1b[K${half}   50%  1,235 lines  1,235/s`)
  progress.end()
  expect(out.text().endsWith('s\r\x1b[K')).toBe(true)
})

test('is drawn every 100 ms, and gives way to what is told', () => {
  const [out, time] = [terminal(), clock()]
  const progress = createProgress(out, undefined, time.now)
  for (let line = 1; line <= 10; line++) {
    time.pass(50)
    progress.line(line)
  }
  expect(out.text().match(/lines/g)).toHaveLength(5)
  progress.tell('line 10: bad')
  progress.end()
  expect(out.text().endsWith('\r\x1b[K10 lines  20/s\r\x1b[Kline 10: bad\n')).toBe(true)
})

test.each([0, 20, 40, 80, 200])('fits a terminal of %d columns', (columns) => {
  const [out, time] = [terminal(columns), clock()]
  const progress = createProgress(out, 10, time.now)
  progress.read(10)
  time.pass(1_000)
  progress.line(1_000_000)
  const row = out.text().replace('\r\x1b[K', '')
  expect(row.length).toBeLessThanOrEqual(Math.max(columns || 80, 32))
})

test('elsewhere it only tells', () => {
  const [out, time] = [{ ...terminal(), isTTY: false }, clock()]
  const progress = createProgress(out, 10, time.now)
  time.pass(1_000)
  progress.line(1)
  progress.tell('line 1: bad')
  progress.end()
  expect(out.text()).toBe('line 1: bad\n')
})
