import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals'
import type { ExecutionContext, INestApplication } from '@nestjs/common'
import { Linter } from 'eslint'
import request from 'supertest'
import type { App } from 'supertest/types.js'
import ts from 'typescript'
import tseslint from 'typescript-eslint'
import { createTestGate, type TestGate } from 'sallyport/testing'
import { cachedPath } from './cached.js'
import { ExpressAdapter } from './nestjs-express.js'
import { codeIn, readPage } from './snippets.js'

jest.unstable_mockModule('@nestjs/platform-express', () => ({ ExpressAdapter }), { virtual: true })
const { Test } = await import('@nestjs/testing')

const GUARD_PAGE = readPage('docs/nestjs-guard.md')
/** The files of both pages, by their names. */
const FILES = new Map(
  codeIn(readPage('docs/nestjs.md') + GUARD_PAGE, 'ts').flatMap((code) => {
    const [, name] = /^\/\/ ((?:src|test)\/[\w.-]+)\.ts\n/.exec(code) ?? []
    return name === undefined ? [] : [[name, code] as const]
  }),
)
const CONTROLLERS = `
import { Body, Controller, Get, NotFoundException, Post } from '@nestjs/common'
import { Caller, Needs, Public } from './gate.guard.js'

@Controller('silent')
export class Silent { helper() { return 1 } @Get() list() { return this.helper() } }

@Controller('costly')
export class Costly { @Get() @Needs({ cost: 1_000_000 }) list() { return 1 } }

@Controller('unknown')
export class Unknown { @Get() @Needs({ scope: ['read:orders'] }) list() { return 1 } }

@Needs({ anyScope: ['read:orders'] })
@Controller('twice')
export class Twice { @Get() @Needs({ anyScope: ['write:orders'] }) list() { return 1 } }

@Needs({ scopes: ['read:orders'] })
@Controller('open')
export class Open { @Get() @Needs({ optional: true }) list() { return 1 } }

class Base { @Get() list() { return 1 } }
@Controller('child')
export class Child extends Base {}

const isSmall = ({ auth }) => auth.metadata.size !== 'large'
const isOld = ({ auth }) => auth.metadata.age !== 'new'

@Needs({ scopes: ['read:orders'], tenant: { header: 'x-clinic' }, policies: [isSmall] })
@Controller('both')
export class Both {
  @Post() @Needs({ scopes: ['write:orders'], policies: [isOld] }) create() { return 1 }
  @Get() list() { return 1 }
  @Get('free') @Public() free(@Caller({ optional: true }) auth) { return { known: auth !== undefined } }
}

@Public()
@Controller('mostly-open')
export class MostlyOpen {
  @Get() list() { return 1 }
  @Get('closed') @Needs({}) closed() { return 1 }
}
`
const folders: string[] = []

/** Compiles the files as NestJS does, and imports one of them. */
async function importPage(name: string, change = (code: string) => code): Promise<Module> {
  const folder = cachedPath(`nestjs-${String(process.pid)}-${String(folders.length)}`)
  folders.push(folder)
  const files = [...FILES, ['src/controllers', CONTROLLERS] as const]
  for (const [file, code] of files) {
    const path = join(folder, `${file}.js`)
    mkdirSync(dirname(path), { recursive: true })
    const { outputText } = ts.transpileModule(change(code), {
      compilerOptions: {
        ...{ module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
        ...{ experimentalDecorators: true, emitDecoratorMetadata: true },
      },
    })
    writeFileSync(path, outputText)
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  return (await import(join(folder, `${name}.js`))) as Module
}

type Module = Readonly<Record<string, never>>
type Files = Readonly<Record<'app' | 'configure' | 'controllers' | 'guard' | 'tokens', Module>>

/** What the page says to add to the app for the audit log and its controller. */
const WITH_AUDIT = 'imports: [DiscoveryModule, GateModule, AuditModule]'

function withAudit(code: string): string {
  if (!code.includes('class AppModule')) return code
  return `import { AuditModule } from './audit.module.js'
import { PatientsController } from './patients.controller.js'
${code}`
    .replace('imports: [DiscoveryModule, GateModule]', WITH_AUDIT)
    .replace('controllers: [', 'controllers: [PatientsController, ')
}

/** The files of the app with its audit log, after `change`. */
async function importApp(change = (code: string) => code): Promise<Files> {
  const app = await importPage('src/app.module', (code) => change(withAudit(code)))
  const folder = folders.at(-1) ?? ''
  const file = async (name: string) => (await import(join(folder, `src/${name}.js`))) as Module
  return {
    ...{ app, configure: await file('configure'), controllers: await file('controllers') },
    ...{ guard: await file('gate.guard'), tokens: await file('gate.module') },
  }
}

const apps: INestApplication<App>[] = []

/** Starts the app of the page with one more controller. */
async function start(files: Files, controller?: string, prefix?: string) {
  const { CREATE_GATE, STORE, AUDIT, GATE } = files.tokens
  const more = controller === undefined ? [] : [files.controllers[controller] as never]
  const { AppModule } = files.app
  const built = await Test.createTestingModule({ imports: [AppModule as never], controllers: more })
    .overrideProvider(CREATE_GATE)
    .useValue(createTestGate)
    .overrideProvider(STORE)
    .useValue({ close: () => undefined })
    .overrideProvider(AUDIT)
    .useValue({ sink: { write: () => undefined } })
    .compile()
  const configure = files.configure['configure'] as unknown as (app: unknown) => void
  const app = built.createNestApplication<INestApplication<App>>()
  if (prefix !== undefined) app.setGlobalPrefix(prefix)
  configure(app)
  apps.push(app)
  await app.init()
  return { http: app.getHttpServer(), gate: app.get<TestGate>(GATE as never) }
}

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()))
})
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

describe('the e2e test of the page', () => {
  test('is there', () => {
    expect([...FILES.keys()]).toContain('test/orders.e2e-spec')
  })

  test('the audit log is added as the page says', () => {
    expect(GUARD_PAGE).toContain(`\`${WITH_AUDIT}\``)
    expect(GUARD_PAGE).toContain(
      '`.overrideProvider(AUDIT).useValue({ sink: { write: () => undefined } })`',
    )
    expect(withAudit(FILES.get('src/app.module') ?? '')).toContain(WITH_AUDIT)
  })

  test('its files pass the lint of a new app', () => {
    const linter = new Linter()
    const config = [...tseslint.configs.recommended, { files: ['**/*.ts'] }] as Linter.Config[]
    for (const [name, code] of FILES) {
      expect([name, linter.verify(code, config, `${name}.ts`)]).toEqual([name, []])
    }
  })
})
await importPage('test/orders.e2e-spec')
const files = await importApp()

describe('what is wrong with a route ends the start', () => {
  test.each([
    ['Silent', 'Silent.list has neither @Needs nor @Public'],
    ['Child', 'Child.list has neither @Needs nor @Public'],
    ['Costly', "Costly.list: requirement: 'cost' must be a whole number"],
    ['Unknown', "Unknown.list: requirement: 'scope' is not known; did you mean 'scopes'?"],
    ['Twice', "Twice.list: 'anyScope' is in @Needs of the controller already"],
    ['Open', "Open.list: requirement: 'optional' lets in requests without a caller"],
  ])('%s', async (controller, message) => {
    await expect(start(files, controller)).rejects.toThrow(message)
  })

  test('health information in a module that forgets audit', async () => {
    const forgetful = await importApp((code) => code.replace(', AuditModule]', ']'))
    await expect(start(forgetful)).rejects.toThrow(/^PatientsController\.get: .*'phi' needs an/)
  })
})

describe('a route needs what its controller asks and what it asks itself', () => {
  test.each([
    [{ scopes: ['read:orders', 'write:orders'] }, 201],
    [{ scopes: ['write:orders'] }, 403],
    [{ scopes: ['read:orders'] }, 403],
    [{ scopes: ['read:orders', 'write:orders'], tenantIds: ['clinic_2'] }, 403],
    [{ scopes: ['read:orders', 'write:orders'], metadata: { size: 'large' } }, 403],
    [{ scopes: ['read:orders', 'write:orders'], metadata: { age: 'new' } }, 403],
  ])('%j: %i', async (caller, status) => {
    const { http, gate } = await start(files, 'Both')
    const headers = gate.signInAs({ tenantIds: ['clinic_1'], ...caller })
    await request(http).post('/both').set(headers).set('x-clinic', 'clinic_1').expect(status)
  })

  test('and nothing where it is public', async () => {
    const { http } = await start(files, 'Both')
    await request(http).get('/both').expect(401)
    await request(http).get('/both/free').expect(200, { known: false })
  })

  test('or credentials where its controller is', async () => {
    const { http, gate } = await start(files, 'MostlyOpen')
    await request(http).get('/mostly-open').expect(200)
    await request(http).get('/mostly-open/closed').expect(401)
    await request(http).get('/mostly-open/closed').set(gate.signInAs({})).expect(200)
  })

  test('@Caller is who calls, or nobody', async () => {
    const { http, gate } = await start(files)
    await request(http).get('/prices').expect(200, { pricesFor: 'everyone' })
    const known = gate.signInAs({ ownerId: 'org_1' })
    await request(http).get('/prices').set(known).expect(200, { pricesFor: 'org_1' })
  })
})

test('a tenant of the path is one of the key', async () => {
  const { http, gate } = await start(files)
  const key = await gate.keyFor({ scopes: ['read:patients'], tenantIds: ['clinic_1'] })
  const get = (path: string) => request(http).get(path).set('X-API-Key', key)
  await get('/clinics/clinic_1/patients/pat_1').expect(200, { id: 'pat_1', clinic: 'clinic_1' })
  await get('/clinics/clinic_2/patients/pat_1').expect(403)
})

test.each([
  [{ org_id: 'org_1' }, 200],
  [{ sub: 'abc123@clients' }, 200],
  [{ sub: 'other@clients' }, 401],
  [{}, 401],
])('a token of Auth0 with %j is %i', async (claims, status) => {
  const { http, gate } = await start(files)
  const iss = 'https://acme.eu.auth0.com/'
  const token = gate.tokenFor({ iss, permissions: ['read:orders'], ...claims })
  const answer = await request(http).get('/orders').auth(token, { type: 'bearer' })
  expect(answer.status).toBe(status)
  if (status === 200) expect(answer.body).toEqual({ owner: 'org_1', kind: 'token' })
})

describe('errors are in the format of the gate', () => {
  const scopes = ['read:orders', 'write:orders']
  const json = 'application/json'

  test.each<[string, string, string, string]>([
    ['get', '/orders/7', 'not_found', 'There is no order 7.'],
    ['get', '/nothing?a=b', 'not_found', 'Not Found'],
    ['get', '/orders/%zz', 'bad_request', 'The path has a percent sign'],
    ['post', '/orders', 'out_of_stock', 'There is nothing left.'],
  ])('%s %s: %s', async (method, path, code, detail) => {
    const { http, gate } = await start(files)
    const agent = request(http)
    const asked = method === 'get' ? agent.get(path) : agent.post(path)
    const answer = await asked.set(gate.signInAs({ scopes }))
    expect(answer.body).toMatchObject({ code, detail: expect.stringContaining(detail) as unknown })
  })

  test('broken JSON', async () => {
    const { http } = await start(files)
    const answer = await request(http).post('/orders').type(json).send('{"secret')
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ detail: 'The body is not valid JSON.' })
  })
})

test('the key endpoints stay below a global prefix, and answer preflights', async () => {
  const { http, gate } = await start(files, undefined, 'v1')
  const key = await gate.keyFor({ scopes: ['manage:keys', 'read:orders'] })
  await request(http).get('/v1/orders').set('X-API-Key', key).expect(200)
  await request(http).get('/keys').set('X-API-Key', key).expect(200)
  const origin = 'https://app.acme.example'
  const preflight = request(http).options('/keys').set('Origin', origin)
  const answer = await preflight.set('Access-Control-Request-Method', 'POST').expect(204)
  expect(answer.headers['access-control-allow-origin']).toBe(origin)
})

test('what is not HTTP is rejected, and its errors are left alone', async () => {
  const { GateGuard, ErrorFilter } = files.guard as unknown as {
    GateGuard: new (...parts: unknown[]) => { canActivate(context: unknown): Promise<boolean> }
    ErrorFilter: new (gate: unknown) => { catch(error: unknown, host: unknown): void }
  }
  const socket = { getType: () => 'ws' } as Partial<ExecutionContext>
  expect(await new GateGuard().canActivate(socket)).toBe(false)
  const gate = createTestGate({ scopes: [] })
  expect(() => {
    new ErrorFilter(gate).catch(new Error('x'), socket)
  }).not.toThrow()
})
