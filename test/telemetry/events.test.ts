import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

const page = readFileSync('docs/events.md', 'utf8')
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => readFileSync(join('src', path), 'utf8'))

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, one]) => one)

test('docs/events.md has each channel that is published on, and no other', () => {
  const channels = sources.flatMap((source) => all(source, /\bchannel\('(sallyport:\w+)'\)/g))
  expect(channels.length).toBeGreaterThan(0)
  expect(all(page, /^\| `(sallyport:\w+)`/gm).sort()).toEqual(channels.sort())
})

test('docs/events.md has each part that can fail, and no other', () => {
  const [, parts = ''] =
    /readonly part:([^]*?)readonly state/.exec(readFileSync('src/telemetry/outages.ts', 'utf8')) ??
    []
  expect(
    all(page.split('## Outages')[1] ?? '', /^\| `(\w+)` /gm)
      .slice(1)
      .sort(),
  ).toEqual(all(parts, /'(\w+)'/g).sort())
})
