import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { createGate, type KeyStore } from 'sallyport'
import { databaseUrl, describeWith } from '../services.js'
import { buildCommand, type Command } from './command.js'
import { postgresPlace, sqlitePlace, type Place } from './databases.js'

const PEPPER = 'a pepper of more than thirty-two characters'
const OTHER = 'another pepper of more than thirty-two characters'

// Each test starts several processes.
jest.setTimeout(60_000)

let command: Command
beforeAll(() => {
  command = buildCommand()
})
afterAll(() => {
  command.remove()
})

/** On the second database, what differs by database. */
function suite(make: () => Promise<Place>, everything: boolean): void {
  let place: Place
  let app: { store: KeyStore; close: () => unknown }

  beforeAll(async () => {
    place = await make()
    const { code, out, err } = await sallyport('migrate')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/were created: version \d+\.\n$/)
    app = await place.open()
  })
  afterAll(async () => {
    await app.close()
    await place.drop()
  })

  function sallyport(...args: readonly string[]) {
    return command.run(args, { SALLYPORT_DATABASE: place.where, SALLYPORT_PREFIX: 'acme' })
  }

  /** What the app says to a secret. */
  async function verify(secret: string, peppers: readonly string[] = [], address?: string) {
    const keys = { prefix: 'acme', store: app.store, peppers }
    const gate = createGate({ environment: ['live', 'test'], keys, scopes: ['read:orders'] })
    const decision = await gate.verify(secret, address)
    await gate.close()
    return decision
  }

  async function create(owner: string, ...more: readonly string[]) {
    const where = more.includes('--environment') ? [] : ['--environment', 'live']
    const args = ['--name', 'CI', '--owner', owner, ...where, ...more]
    const { code, out, err } = await sallyport('keys', 'create', ...args, '--json')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    return JSON.parse(out) as { id: string; secret: string; scopes: string[] }
  }

  test('create prints the secret alone on standard output, and it works', async () => {
    const args = ['--name', 'Billing server', '--owner', 'org_1', '--environment', 'live']
    const rights = ['--scope', 'read:orders', '--scope', 'write:x', '--allow-ip', '10.0.0.0/8']
    const held = ['--tenant', 'clinic_1', '--tenant', 'clinic_2', '--resource', 'orders/*']
    const plan = ['--plan', 'pro', '--limit', '5000']
    const rest = [
      ...held,
      ...plan,
      '--kind',
      'pk',
      '--expires',
      '90d',
      '--metadata',
      '{"team":"a"}',
    ]
    const { code, out, err } = await sallyport('keys', 'create', ...args, ...rights, ...rest)
    expect(code).toBe(0)
    expect(out).toMatch(/^acme_live_pk_[0-9A-Za-z]{33}\n$/)
    expect(err).toMatch(/^Created key_\w{22} \(Billing server\)\. .+ once:\n$/)
    expect(err).not.toContain(out.trim())
    const found = await verify(out.trim(), [], '10.1.2.3')
    expect(found).toMatchObject({
      allowed: true,
      auth: { ownerId: 'org_1', scopes: ['read:orders', 'write:x'], metadata: { team: 'a' } },
    })
    const shown = await sallyport('keys', 'get', /key_\w+/.exec(err)?.[0] ?? '', '--json')
    expect(shown).toMatchObject({ code: 0, err: '' })
    const key = JSON.parse(shown.out) as { expiresAt: string; secret?: string; digest?: string }
    const days = (Date.parse(key.expiresAt) - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(90)
    expect(key).toMatchObject({ name: 'Billing server', allowedIps: ['10.0.0.0/8'], kind: 'pk' })
    expect(key).toMatchObject({ plan: 'pro', limit: 5_000 })
    expect(key).toMatchObject({ tenantIds: ['clinic_1', 'clinic_2'], resources: ['orders/*'] })
    expect(key.secret ?? key.digest).toBeUndefined()
  })

  test('list goes through all pages, filtered, as a table or as lines of JSON', async () => {
    const made = [await create('org_l'), await create('org_l', '--environment', 'test')]
    made.push(await create('org_l', '--name', 'A name that is far too long for a table'))
    const ids = made.map(({ id }) => id).reverse()
    const listed = async (...args: string[]) => {
      const { code, out } = await sallyport('keys', 'list', '--owner', 'org_l', '--json', ...args)
      expect(code).toBe(0)
      const lines = out.split('\n').slice(0, -1)
      return lines.map((line) => (JSON.parse(line) as { id: string }).id)
    }
    expect(await listed()).toEqual(ids)
    expect(await listed('--all')).toEqual(ids)
    expect(await listed('--environment', 'test')).toEqual([ids[1]])
    expect(await listed('--state', 'revoked')).toEqual([])
    const first = await sallyport('keys', 'list', '--owner', 'org_l', '--limit', '2')
    const [, cursor = ''] = /^There are more: --cursor (\S+), or --all\n$/.exec(first.err) ?? []
    expect(await listed('--cursor', cursor)).toEqual(ids.slice(2))
    const table = first.out.split('\n').slice(0, -1)
    expect(table[0]).toMatch(/^ID +HINT +NAME +OWNER +WHERE +STATE +ENDS +SCOPES$/)
    expect(table.slice(1).map((line) => line.slice(0, 26))).toEqual(ids.slice(0, 2))
    // Without a terminal, nothing is cut.
    expect(table[1]).toContain('A name that is far too long for a table')
    expect(table[1]).toContain(` ...${made[2]?.secret.slice(-4) ?? ''} `)
    const none = await sallyport('keys', 'list', '--owner', 'nobody')
    expect(none).toEqual({ code: 0, out: '', err: 'No keys match these options.\n' })
    const over = await sallyport('keys', 'list', '--owner', 'nobody', '--cursor', cursor)
    expect(over).toMatchObject({ code: 0, out: '', err: 'There are no more.\n' })
  })

  test('rotate prints the new secret alone, and both work in the grace', async () => {
    const { id, secret } = await create('org_r')
    const { code, out, err } = await sallyport('keys', 'rotate', id, '--grace', '2h')
    expect(code).toBe(0)
    expect(err).toMatch(
      new RegExp(`^${id} ends at \\S+ \\S+ UTC\\.\nIts successor is key_\\w{22}\\. .+ once:\n$`),
    )
    for (const one of [secret, out.trim()]) {
      expect(await verify(one)).toMatchObject({ allowed: true })
    }
    const again = await sallyport('keys', 'rotate', id)
    expect(again).toMatchObject({ code: 1, out: '' })
    expect(again.err).toMatch(/^error: Key 'key_\w+' was rotated already; rotate 'key_\w+'\.\n$/)
    const successor = /successor is (key_\w+)/.exec(err)?.[1] ?? ''
    const { out: json } = await sallyport('keys', 'rotate', successor, '--grace', '0s', '--json')
    expect(JSON.parse(json)).toMatchObject({ rotatedFrom: successor, previous: { id: successor } })
    expect(await verify(secret)).toMatchObject({ allowed: false })
  })

  test('revoke ends a key, with a reason; again is harmless', async () => {
    const { id, secret } = await create('org_v')
    const args = ['keys', 'revoke', id, '--reason', 'seen in public'] as const
    const { code, out, err } = await sallyport(...args)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(new RegExp(`^Revoked ${id} \\(CI\\), everywhere by .+ UTC\\.\n$`))
    expect(await verify(secret)).toMatchObject({ reason: 'key_revoked' })
    const again = await sallyport(...args, '--json')
    const key = JSON.parse(again.out) as { effectiveBy: string }
    expect(key).toMatchObject({ id, revocationReason: 'seen in public' })
    // Instances hear of it through the database, not only when what they remember ends.
    expect(Date.parse(key.effectiveBy) - Date.now()).toBeLessThanOrEqual(5_000)
  })

  test('revoke ends every key of an owner, or of one environment', async () => {
    const live = [await create('org_a'), await create('org_a')]
    const other = await create('org_a', '--environment', 'test')
    const args = ['keys', 'revoke', '--owner', 'org_a'] as const
    const asked = await sallyport(...args)
    expect(asked).toMatchObject({ code: 2, out: '' })
    expect(asked.err).toBe('error: there is no terminal to ask on; say --yes\n')
    const { code, out } = await sallyport(...args, '--environment', 'live', '--yes')
    expect(code).toBe(0)
    expect(out).toMatch(/^Revoked 2 keys, everywhere by /)
    for (const { secret } of live) {
      expect(await verify(secret)).toMatchObject({ reason: 'key_revoked' })
    }
    expect(await verify(other.secret)).toMatchObject({ allowed: true })
    const rest = await sallyport(...args, '--yes', '--json')
    expect(JSON.parse(rest.out)).toMatchObject({ revoked: 1 })
  })

  test('due lists keys that wait for their rotation', async () => {
    const { id } = await create('org_d')
    const due = (...args: string[]) => sallyport('keys', 'due', '--owner', 'org_d', ...args)
    expect(await due()).toEqual({
      ...{ code: 0, out: '' },
      err: 'No keys are due for rotation. To see those that will be soon: sallyport keys due --within 14d\n',
    })
    expect(await due('--within', '89d')).toMatchObject({ out: '' })
    const { out } = await due('--within', '91d')
    expect(out).toMatch(/^DUE +ID +NAME +OWNER +WHERE\n\d{4}-\d\d-\d\d {2}key_/)
    const json = await due('--rotate-after', '0s', '--json')
    const key = JSON.parse(json.out) as { id: string; dueAt: string }
    expect(key.id).toBe(id)
    expect(Date.parse(key.dueAt)).toBeLessThanOrEqual(Date.now())
  })

  if (!everything) return

  test('migrate may be run again', async () => {
    expect(await sallyport('migrate')).toMatchObject({ code: 0 })
  })

  test.each([
    ['the same pepper', [PEPPER], true],
    ['the pepper among others', [OTHER, PEPPER], true],
    ['another pepper', [OTHER], false],
    ['no pepper', [], false],
  ])('a key made under a pepper, in an app with %s', async (_, peppers, allowed) => {
    const env = { SALLYPORT_DATABASE: place.where, SALLYPORT_PEPPERS: `${PEPPER},${OTHER}` }
    const args = ['--name', 'a', '--owner', 'org_p', '--environment', 'live', '--prefix', 'acme']
    const { code, out } = await command.run(['keys', 'create', ...args], env)
    expect(code).toBe(0)
    expect(await verify(out.trim(), peppers)).toMatchObject({ allowed })
  })

  test('a key made without a pepper works in an app that has one', async () => {
    const { secret } = await create('org_p')
    expect(await verify(secret, [PEPPER])).toMatchObject({ allowed: true })
  })

  test('get tells all there is', async () => {
    const { id, secret } = await create('org_s', '--expires', '2130-01-31')
    const { code, out, err } = await sallyport('keys', 'get', id)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`Id           ${id}\n`)
    expect(out).toContain('Ends         2130-01-31 00:00:00 UTC\n')
    expect(out).not.toContain(secret)
  })

  test.each([
    [['get', 'key_0000000000000000000000']],
    [['rotate', 'key_0000000000000000000000']],
    [['revoke', 'key_0000000000000000000000']],
  ])('%j of a key that is not there is refused', async (args) => {
    const { code, out, err } = await sallyport('keys', ...args)
    const message = "error: There is no key 'key_0000000000000000000000'.\n"
    expect({ code, out, err }).toEqual({ code: 1, out: '', err: message })
  })
}

describe('on SQLite', () => {
  suite(() => sqlitePlace(command.folder), true)
})
describeWith(databaseUrl, 'on PostgreSQL', (url) => {
  suite(() => postgresPlace(url), false)
})
