import { mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { verifyTrail } from 'sallyport'
import { createAuditFiles } from 'sallyport/file'
import { createTestClock } from 'sallyport/testing'
import { auditedGate, KEY, requestWith, SIGNING } from '../../audit/gates.js'
import { access, chained } from '../../audit/trails.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sallyport-rotation-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true })
})

const names = () => readdirSync(directory).sort()

/** A gate whose records and files go by one clock. */
function clockedGate(maxBytes?: number) {
  const time = createTestClock(new Date('2030-01-31T23:59:00Z'))
  const { clock } = time
  const options = { clock, ...(maxBytes !== undefined && { maxBytes }) }
  const audit = { sink: createAuditFiles(directory, options), key: SIGNING.key }
  return { time, gate: auditedGate(audit, undefined, { clock }) }
}

async function wholeTrail(): Promise<number> {
  const report = await verifyTrail(createAuditFiles(directory).lines(), SIGNING)
  expect(report).toMatchObject({ writers: 1, invalid: 0, missing: 0, unproven: 0, findings: [] })
  return report.valid
}

describe('a file for each day, in UTC', () => {
  test('the first write of a day begins one, and the chain goes on in it', async () => {
    const { time, gate } = clockedGate()
    const { secret } = await gate.keys.create(KEY)
    const ask = async () => {
      await gate.check(requestWith(secret))
      await gate.audit.flush()
    }
    await ask()
    await ask()
    expect(names()).toEqual([expect.stringMatching(/^2030-01-31\.api-1\.\w{12}\.0001\.jsonl$/)])
    time.advance('59s')
    await ask()
    // Control: it is the day that makes the difference.
    expect(names()).toHaveLength(1)
    time.advance('1s')
    await ask()
    expect(names()).toEqual([
      expect.stringMatching(/^2030-01-31\..*\.0001\.jsonl$/),
      expect.stringMatching(/^2030-02-01\..*\.0002\.jsonl$/),
    ])
    // A day without a request has none.
    time.advance('48h')
    await ask()
    await gate.close()
    expect(names().map((name) => name.slice(0, 10))).toEqual([
      '2030-01-31',
      '2030-02-01',
      '2030-02-03',
    ])
    expect(await wholeTrail()).toBe(1 + 1 + 5 + 1)
  })

  test('a clock that is set back begins one too, and the order stays that of the chain', async () => {
    let now = Date.parse('2030-01-31T00:00:00Z')
    const clock = () => now
    const audit = { sink: createAuditFiles(directory, { clock }), key: SIGNING.key }
    const gate = auditedGate(audit, undefined, { clock })
    const { secret } = await gate.keys.create(KEY)
    await gate.audit.flush()
    now -= 86_400_000
    await gate.check(requestWith(secret))
    await gate.close()
    expect(names().map((name) => /^(.{10}).*(\d{4})\.jsonl$/.exec(name)?.slice(1))).toEqual([
      ['2030-01-30', '0002'],
      ['2030-01-31', '0001'],
    ])
    expect(await wholeTrail()).toBeGreaterThan(2)
  })
})

describe('a file of a certain size', () => {
  const ask = async ({ gate }: ReturnType<typeof clockedGate>, count: number) => {
    const { secret } = await gate.keys.create(KEY)
    for (let n = 0; n < count; n++) {
      await gate.check(requestWith(secret))
      await gate.audit.flush()
    }
    await gate.close()
  }

  test('has all that fits, and the next write goes into another one', async () => {
    await ask(clockedGate(5_000), 40)
    const sizes = names().map((name) => statSync(join(directory, name)).size)
    expect(sizes.length).toBeGreaterThan(4)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(5_000)
    // No record of this trail is longer than a fifth of that.
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(4_000)
    expect(await wholeTrail()).toBe(1 + 1 + 40 + 1)
  })

  test('control: in one of 64 MiB, there is room for all of it', async () => {
    await ask(clockedGate(), 40)
    expect(names()).toHaveLength(1)
  })

  test('has what is written at once, also where that is more', async () => {
    const { gate } = clockedGate(1_000)
    const { secret } = await gate.keys.create(KEY)
    for (let n = 0; n < 20; n++) await gate.check(requestWith(secret))
    await gate.close()
    expect(statSync(join(directory, names()[0] ?? '')).size).toBeGreaterThan(1_000)
    expect(await wholeTrail()).toBe(1 + 1 + 20 + 1)
  })
})

test('more than 9,999 files of a process stay in the order of their numbers', async () => {
  const time = '2030-01-31T00:00:00.000Z'
  const entries = chained('a.1', [access({ time }), access({ time })])
  const files = createAuditFiles(directory, { clock: () => Date.parse(time), maxBytes: 1 })
  await files.write(entries.slice(0, 1))
  await files.write(entries.slice(1))
  await files.close?.()
  const rename = (from: string, to: string) => {
    const [name = ''] = names().filter((one) => one.includes(`.${from}.`))
    renameSync(join(directory, name), join(directory, name.replace(`.${from}.`, `.${to}.`)))
  }
  rename('0002', '10000')
  rename('0001', '9999')
  const report = await verifyTrail(createAuditFiles(directory).lines())
  expect(report).toMatchObject({ unproven: 2, missing: 0, invalid: 0 })
})

test('each file is for its user alone, also the later ones', async () => {
  const before = process.umask(0)
  try {
    const { time, gate } = clockedGate()
    await gate.keys.create(KEY)
    await gate.audit.flush()
    time.advance('1d')
    await gate.keys.create(KEY)
    await gate.close()
  } finally {
    process.umask(before)
  }
  const modes = names().map((name) => statSync(join(directory, name)).mode & 0o777)
  expect(modes).toEqual([0o600, 0o600])
})
