import type { Server } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import { Validator } from '@seriousme/openapi-schema-validator'
import express from 'express'
import { createGate } from 'sallyport'
import { auditEndpoints, usageEndpoints } from 'sallyport/express'
import { createAuditFiles } from 'sallyport/file'
import { openApi, postman, type DescriptionOptions } from 'sallyport/openapi'
import { createTestClock } from 'sallyport/testing'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import request from 'supertest'
import { listen } from '../servers.js'

const servers: Server[] = []
const directory = mkdtempSync(join(tmpdir(), 'openapi-'))
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  rmSync(directory, { recursive: true })
})

const READING = { scopes: ['read:own'] } as const
const OPTIONS: DescriptionOptions<'read:own'> = {
  info: { title: 'Orders', version: '1.0.0' },
  usage: { path: '/v1/usage', ...READING },
  audit: { path: '/v1/audit', ...READING },
}
const PATHS = ['/v1/usage', '/v1/audit', '/v1/audit/export', '/v1/audit/summary'] as const

interface Operation {
  readonly security: object
  readonly parameters: readonly {
    readonly name: string
    readonly in: string
    readonly example: string
  }[]
  readonly responses: {
    readonly 200: { readonly content: Readonly<Record<string, { readonly example: unknown }>> }
  }
}

/** The names of members, and of those of what is in them. */
function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(formOf)
  if (typeof value !== 'object' || value === null) return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, formOf(one)]))
}

test('usage and audit endpoints are described as they answer', async () => {
  const { clock } = createTestClock(new Date('2030-01-31T12:00:00Z'))
  const gate = createGate({
    ...{ environment: 'live', keys: { prefix: 'acme' }, scopes: ['read:own'] },
    audit: { sink: createAuditFiles(directory, { clock }) },
    clock,
    onError: () => undefined,
  })
  const document = openApi(gate, OPTIONS)
  expect(await new Validator().validate(structuredClone(document))).toMatchObject({ valid: true })
  const app = express()
    .use('/v1/usage', usageEndpoints(gate, READING))
    .use('/v1/audit', auditEndpoints(gate, READING))
  const { server, port } = await listen(app)
  servers.push(server)
  const { secret } = await gate.keys.create({
    ...{ name: 'CI', ownerId: 'org_1', scopes: ['read:own'] },
  })
  const send = (path: string, query: Readonly<Record<string, string>> = {}) =>
    request(`http://127.0.0.1:${String(port)}`)
      .get(path)
      .query(query)
      .set('X-API-Key', secret)
  for (const path of PATHS) await send(path)
  await gate.audit.flush()
  expect(Object.keys(document.paths)).toEqual(PATHS)
  for (const path of PATHS) {
    const operation = document.paths[path]?.['get'] as Operation
    expect(operation.security).toContainEqual({ bearer: ['read:own'] })
    const [[type, { example }]] = Object.entries(operation.responses[200].content) as [
      [string, { readonly example: unknown }],
    ]
    const answer = await send(path).expect(200)
    const body: unknown = answer.body
    expect(answer.type).toBe(type)
    if (path === '/v1/usage') expect(formOf(body)).toEqual(formOf(example))
    if (path === '/v1/audit') expect(body).toMatchObject({ records: expect.any(Array) })
    if (path === '/v1/audit/summary')
      expect(Object.keys(body as object)).toEqual(Object.keys(example as object))
    // Each parameter is one that is known, and its example one that is taken.
    for (const { name, in: place, example: value } of operation.parameters) {
      expect(place).toBe('query')
      const { status } = await send(path, { [name]: value })
      expect([name, status]).toEqual([name, 200])
    }
    await send(path, { unknown: 'x' }).expect(400)
  }
  const made = postman(gate, OPTIONS).item as readonly {
    request: { url: { query: readonly object[] } }
  }[]
  expect(made).toHaveLength(PATHS.length)
  expect(made[0]?.request.url.query).toContainEqual({
    ...{ key: 'by', value: 'day', disabled: true },
  })
  await gate.close()
})
