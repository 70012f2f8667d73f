import { describe, expect, test } from '@jest/globals'
import * as access from 'sallyport/access'
import * as console from 'sallyport/console'
import * as express from 'sallyport/express'
import * as file from 'sallyport/file'
import * as koa from 'sallyport/koa'
import * as postgres from 'sallyport/postgres'
import * as providers from 'sallyport/providers'
import * as redis from 'sallyport/redis'
import * as sallyport from 'sallyport'
import * as sqlite from 'sallyport/sqlite'
import * as testing from 'sallyport/testing'

const ENTRIES = {
  ...{ access, console, express, file, koa, postgres, providers, redis, sallyport, sqlite },
  testing,
}

/** What only those call who write a store, an adapter or a page: their arguments are typed, and come from the library. */
const INNER = new Set([
  ...['applyKeyPatch', 'checkpointCheck', 'endOfChain', 'failureAnswer'],
  ...['matchesFilter', 'pruneAnchor', 'refuseUnknown', 'pageOf', 'placeIn', 'html'],
  ...['columnChart', 'createAuditEndpoints', 'createUsageEndpoints', 'markGuard', 'messageId'],
  ...['rowChart', 'tablesMadeBy', 'understood', 'usageCsv'],
])

/** Errors of the language, which say nothing to who has made a mistake. */
const RAW = ['TypeError', 'ReferenceError', 'RangeError']

const functions = Object.entries(ENTRIES).flatMap(([entry, exported]) =>
  Object.entries(exported)
    .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name))
    .filter(([name]) => !INNER.has(name))
    .map(
      ([name, value]) => [`${entry}: ${name}`, value as (...given: unknown[]) => unknown] as const,
    ),
)

async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
    return undefined
  } catch (error) {
    return error
  }
}

describe('a wrong argument is told in words, and not by an error of the language:', () => {
  test.each(functions)('%s', async (_name, call) => {
    for (const given of [[], [null], [42], ['nowhere/x'], [{}, {}]]) {
      const error = await errorOf(() => call(...given))
      if (error instanceof Error)
        expect([RAW.includes(error.name), error.message]).toEqual([false, error.message])
    }
  })
})

test.each([
  [
    'a URL where a pool must be',
    () => postgres.createPostgresKeyStore('postgres://x' as never),
    /needs a Pool of pg.*write createPostgresKeyStore/,
  ],
  [
    'one connection where a pool must be',
    () => postgres.createPostgresKeyStore({ connect() {}, query() {} } as never),
    /needs a Pool of pg/,
  ],
  [
    'a path where a database must be',
    () => sqlite.createSqliteKeyStore('keys.db' as never),
    /await openSqliteKeyStore\('keys.db'\)/,
  ],
  [
    'a URL where a client must be',
    () => redis.createRedisLimitStore('redis://x' as never),
    /needs a client of ioredis.*write createRedisLimitStore/,
  ],
  [
    'a preset without options',
    () => providers.auth0(undefined as never),
    /auth0: 'domain' must be .*write auth0/,
  ],
])('%s: the message says what to write', (_what, call, message) => {
  expect(call).toThrow(message)
})
