import { afterEach, describe, expect, test } from '@jest/globals'
import express5 from 'express'
import express4 from 'express4'
import Router from '@koa/router'
import Koa3 from 'koa'
import mount from 'koa-mount'
import Koa2 from 'koa2'
import { createConsole, type ConsoleOptions } from 'sallyport/console'
import { mountConsole as onExpress } from 'sallyport/express'
import { mountConsole as onKoa } from 'sallyport/koa'
import { createTestGate } from 'sallyport/testing'
import { serve } from './demo.js'

const gate = createTestGate({ scopes: ['read:orders'] })
const user = () => undefined
const given = (options: object) => () =>
  createConsole(gate, options as ConsoleOptions<'read:orders'>)

describe('a console does not start', () => {
  test.each([
    ['without a user', {}, /'user' must be a function of the request/],
    ['with a short secret', { user, secret: 'short' }, /'secret'/],
    [
      'with an unknown option',
      { user, secrets: [] },
      /'secrets' is not known; did you mean 'secret'/,
    ],
    ['with an unknown permission', { user, roles: { admin: ['keys:any'] } }, /'roles.admin.0'/],
    [
      'with a sign-in elsewhere by name alone',
      { user, signInUrl: '//evil.example' },
      /'signInUrl'/,
    ],
    ['with an unknown time zone', { user, timeZone: 'Mars' }, /'timeZone'/],
    ['with a grace that is no duration', { user, grace: ['soon'] }, /'grace.0'/],
  ])('%s', (_, options, message) => {
    expect(given(options)).toThrow(message)
  })

  test('without a gate', () => {
    expect(() => createConsole({}, { user })).toThrow(/must be given a gate first/)
    expect(() => createConsole(undefined as never, { user })).toThrow(/must be given a gate first/)
  })

  describe('in production', () => {
    const before = process.env['NODE_ENV']
    afterEach(() => {
      process.env['NODE_ENV'] = before
    })

    test('without a secret', () => {
      expect(given({ user })).not.toThrow()
      process.env['NODE_ENV'] = 'production'
      expect(given({ user })).toThrow(/'secret' must be given in production/)
      expect(given({ user, secret: 's'.repeat(32) })).not.toThrow()
    })
  })
})

describe('a console is not mounted', () => {
  const portal = createConsole(gate, { user })

  test.each([
    ['Express 5', express5],
    ['Express 4', express4],
  ])('under a path with a parameter, on %s', (_, express) => {
    expect(() => express().use('/:org/portal', onExpress(portal))).toThrow(/without parameters/)
    expect(() => express().use(['/portal', '/:org'], onExpress(portal))).toThrow(/parameters/)
    expect(() => express().use('/portal', onExpress(portal))).not.toThrow()
  })

  test.each([
    ['Koa 3', Koa3],
    ['Koa 2', Koa2],
  ])('under a path with a parameter, on %s', async (_, Koa) => {
    const asked: string[] = []
    const open = createConsole(gate, {
      user: ({ path }: { path: string }) => void asked.push(path),
    })
    const router = new Router()
    router.all('/:org/portal', onKoa(open) as never)
    router.all('/:org/portal/{*rest}', onKoa(open) as never)
    const app = new Koa()
    const errors: unknown[] = []
    app.on('error', (error) => errors.push(error))
    app.use(router.routes() as never)
    app.use(mount('/portal', onKoa(open) as never))
    const { server, origin } = await serve(app.callback())
    const statuses: number[] = []
    for (const path of ['/acme/portal', '/acme/portal/keys', '/portal/keys']) {
      statuses.push((await fetch(`${origin}${path}`)).status)
    }
    server.close()
    // No request gets past it there: nobody is even asked who it is.
    expect([statuses, asked]).toEqual([[500, 500, 401], ['/keys']])
    expect(errors).toHaveLength(2)
    for (const error of errors) {
      expect(error).toMatchObject({
        name: 'MisuseError',
        message: expect.stringMatching(/without parameters/),
      })
    }
  })

  test('where it is no console', () => {
    expect(() => onExpress(gate as never)).toThrow(/createConsole/)
    expect(() => onKoa(gate as never)).toThrow(/createConsole/)
  })
})
