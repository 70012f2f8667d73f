/**
 * The code of the pages, compiled as new projects compile it: with the newest TypeScript and types, and the oldest that are supported, in each way in
 * which a project can be set up.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { project, run } from './place.js'
import { PAGES, snippetsOf } from './snippets.js'

const COMPILERS = ['latest', '6', '5.6']
const PEERS = [
  ...['koa-mount', '@koa/router', 'ioredis', 'redis', '@electric-sql/pglite', 'pg'],
  ...['@jest/globals', 'supertest', '@types/supertest'],
  ...['oidc-provider', '@types/oidc-provider'],
  ...['jsonwebtoken', '@types/jsonwebtoken'],
]
const SETS = {
  newest: ['@types/node', '@types/express', '@types/koa', '@types/koa-mount', '@types/pg'],
  oldest: [
    '@types/node@20',
    '@types/express@4',
    '@types/koa@2',
    '@types/koa-mount',
    '@types/pg@8.11',
  ],
}
const SETUPS = [
  { type: 'module', module: 'nodenext', moduleResolution: 'nodenext' },
  { type: 'module', module: 'node16', moduleResolution: 'node16' },
  { type: 'module', module: 'esnext', moduleResolution: 'bundler' },
  { type: 'commonjs', module: 'nodenext', moduleResolution: 'nodenext' },
  { type: 'commonjs', module: 'node16', moduleResolution: 'node16' },
  { type: 'commonjs', module: 'commonjs', moduleResolution: 'node10' },
]

/** Files of code, by name. A NestJS app has compiler options of its own, with which the tests compile its pages. */
function snippets() {
  return PAGES.flatMap(snippetsOf).filter(
    ([, code]) => /from 'sallyport/.test(code) && !/augment'|@photostructure|@nestjs/.test(code),
  )
}

/** CommonJS has no await outside of functions, and a function has no imports and no declarations. */
function asCommonJs(code) {
  const file = ts.createSourceFile('snippet.ts', code, ts.ScriptTarget.Latest, true)
  if (!awaitsOutside(file)) return code
  const outside = file.statements.filter(isOutside)
  const inside = file.statements.filter((each) => !isOutside(each))
  const textOf = (statements) => statements.map((each) => each.getFullText(file)).join('')
  const body = textOf(inside).replace(/^export /gm, '')
  return `${textOf(outside)}\nvoid (async () => {${body}\n})\n`
}

function isOutside(statement) {
  return (
    ts.isImportDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) === true
  )
}

/** Whether code awaits outside of functions. */
function awaitsOutside(node) {
  if (ts.isFunctionLike(node)) return false
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) return true
  return ts.forEachChild(node, awaitsOutside) ?? false
}

export function checkTypes(folder, tarball) {
  const names = COMPILERS.map((version) => [version, `typescript-${version}`])
  const aliases = names.map(([version, name]) => `${name}@npm:typescript@${version}`)
  const compilers = project(folder, 'compilers', aliases)
  for (const [set, types] of Object.entries(SETS)) {
    const app = project(folder, `types-${set}`, [tarball, 'express', 'koa', ...PEERS, ...types])
    for (const setup of SETUPS) write(app, setup)
    for (const [version, name] of names) {
      const { version: exact } = JSON.parse(
        readFileSync(join(compilers, 'node_modules', name, 'package.json'), 'utf8'),
      )
      for (const setup of SETUPS) {
        // TypeScript 7 no longer has it.
        if (setup.moduleResolution === 'node10' && Number(exact.split('.')[0]) >= 7) continue
        console.log(`TypeScript ${exact} (${version}), ${set} types, ${nameOf(setup)}`)
        const at = join(app, nameOf(setup))
        const quiet = setup.moduleResolution === 'node10' && exact.startsWith('6.')
        const tsc = join(compilers, 'node_modules', name, 'bin/tsc')
        run(at, process.execPath, tsc, ...(quiet ? ['--ignoreDeprecations', '6.0'] : []))
      }
    }
  }
}

/** A CommonJS app that an ES module starts: the types of both builds meet, and are the same to the compiler. */
const MIXED = {
  'mixed-app.cts': `
    import { createGate } from 'sallyport'
    export const gate = createGate({ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:orders'] })
  `,
  'mixed-server.mts': `
    import express from 'express'
    import Koa from 'koa'
    import type { Gate } from 'sallyport'
    import { createConsole } from 'sallyport/console'
    import * as onExpress from 'sallyport/express'
    import * as onKoa from 'sallyport/koa'
    import { gate } from './mixed-app.cjs'

    export const same: Gate<'read:orders'> = gate
    const portal = createConsole(gate, { user: () => undefined, secret: 's'.repeat(32) })
    express()
      .use(onExpress.guard(gate, { scopes: ['read:orders'] }))
      .use(onExpress.keyEndpoints(gate, { scopes: ['read:orders'] }))
      .use(onExpress.mountConsole(portal))
    new Koa().use(onKoa.guard(gate, { scopes: ['read:orders'] })).use(onKoa.keyEndpoints(gate, { scopes: ['read:orders'] }))
  `,
}

function nameOf({ type, moduleResolution }) {
  return `${type}-${moduleResolution}`
}

function write(app, { type, ...resolution }) {
  const at = join(app, nameOf({ type, ...resolution }))
  mkdirSync(at)
  writeFileSync(join(at, 'package.json'), JSON.stringify({ type }))
  const compilerOptions = {
    ...resolution,
    ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: 'es2022' },
    ...{ lib: ['es2023'], esModuleInterop: true, skipLibCheck: true, types: ['node'] },
  }
  const files = []
  for (const [name, code] of snippets()) {
    // These are ES modules only, which older CommonJS cannot import by name.
    if (type === 'commonjs' && /from '(?:jose|oidc-provider)'/.test(code)) continue
    files.push(name)
    writeFileSync(join(at, name), type === 'module' ? `${code}\nexport {}\n` : asCommonJs(code))
  }
  if (type === 'commonjs' && /^node(?:16|next)$/.test(resolution.moduleResolution)) {
    for (const [name, code] of Object.entries(MIXED)) writeFileSync(join(at, name), code)
    files.push(...Object.keys(MIXED))
  }
  writeFileSync(join(at, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
}
