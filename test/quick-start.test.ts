import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codeIn, readPage, runSnippet, type RunningSnippet } from './snippets.js'

const LISTENING = 'app.listen(3000)'

const readme = readPage('README.md')
const tutorial = readPage('docs/getting-started.md')
const blocks = codeIn(readme, 'ts')
const [express = '', koa = ''] = blocks.filter((code) => code.includes(LISTENING))
const [explained = ''] = codeIn(tutorial, 'ts')
const [commonJs = ''] = codeIn(tutorial, 'cjs')
const [whole = '', wholeOnKoa = ''] = codeIn(tutorial, 'ts').filter((code) =>
  code.includes('errors(gate)'),
)

/** The code as it stands, but for its port; it tells the port and the secret. */
function runnable(code: string): string {
  const telling = 'console.log(JSON.stringify({ port: server.address().port, secret }))'
  return code.replace(
    LISTENING,
    `const server = app.listen(0)\nserver.once('listening', () => ${telling})`,
  )
}

function withoutId(text: string): string {
  return text.replace(/req_\w+/g, 'req_')
}

test('the quick start is the first block of the README', () => {
  expect(blocks[0]).toBe(express)
  expect(express).toContain("from 'sallyport/express'")
  expect(koa).toContain("from 'sallyport/koa'")
})

describe.each([
  ['Express', express, 'mts'],
  ['Koa', koa, 'mts'],
  ['Express, explained', explained, 'mts'],
  ['Express, in CommonJS', commonJs, 'cjs'],
])('the quick start on %s', (_name, code, extension) => {
  let running: RunningSnippet
  let url: string
  let secret: string

  beforeAll(async () => {
    running = await runSnippet(`server.${extension}`, runnable(code))
    url = `http://127.0.0.1:${String(running.told['port'])}/v1/patients`
    secret = String(running.told['secret'])
  }, 30_000)
  afterAll(() => running.stop())

  test('without a key, it answers as the pages show it', async () => {
    const response = await fetch(url)
    expect(response.status).toBe(401)
    const shown = /^HTTP\/1.1 401 Unauthorized\n(.*?)\n\n(.*?)\n/ms.exec(readme) ?? []
    const [, headers = '', body = ''] = shown.map(withoutId)
    for (const line of headers.split('\n')) {
      const [name = '', value] = line.split(': ')
      expect([name, withoutId(response.headers.get(name) ?? '')]).toEqual([name, value])
    }
    const told = withoutId(await response.text())
    expect(told).toBe(body)
    expect(withoutId(tutorial)).toContain(`\n${told}\n`)
  })

  test.each(['/V1/patients', '/v1/nowhere', '/v1'])(
    'nobody comes in at %s either',
    async (path) => {
      expect((await fetch(new URL(path, url))).status).toBe(401)
    },
  )

  test.each(['authorization', 'x-api-key'])('with the key in %s, it answers', async (name) => {
    const value = name === 'authorization' ? `Bearer ${secret}` : secret
    const response = await fetch(url, { headers: { [name]: value } })
    expect(await response.json()).toEqual({ hello: 'org_1' })
    expect(response.status).toBe(200)
    expect(secret).toMatch(/^hc_live_sk_[0-9A-Za-z]{33}$/)
  })

  test('with one character of the key changed, it refuses', async () => {
    const wrong = secret.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))
    const response = await fetch(url, { headers: { authorization: `Bearer ${wrong}` } })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })
})

test.each([
  ['Express', whole, 'sallyport/express'],
  ['Koa', wholeOnKoa, 'sallyport/koa'],
])(
  'the whole server on %s answers errors in one format, and stops by itself',
  async (name, page, entry) => {
    expect(page).toContain(`from '${entry}'`)
    const telling = 'console.log(JSON.stringify({ port: server.address().port, secret }))'
    const server = page
      .replace(LISTENING, 'app.listen(0)')
      .concat(
        "const { secret } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })\n",
        telling,
      )
    const running = await runSnippet('server.mts', server)
    const { port, secret } = running.told
    const call = async (path: string, options: RequestInit) => {
      const headers = { 'x-api-key': String(secret), 'content-type': 'application/json' }
      const response = await fetch(`http://127.0.0.1:${String(port)}${path}`, {
        headers,
        ...options,
      })
      return [response.status, ((await response.json()) as { code: string }).code]
    }
    let code: number | null
    try {
      expect(await call('/v1/nowhere', {})).toEqual([404, 'not_found'])
      expect(await call('/v1/patients', { method: 'POST', body: '{' })).toEqual(
        name === 'Express' ? [400, 'bad_request'] : [404, 'not_found'],
      )
    } finally {
      code = await running.stop('SIGTERM')
    }
    expect(code).toBe(0)
  },
)

/** Every page, for code that is copied from it. */
function pages(): string[] {
  const docs = readdirSync(resolve(import.meta.dirname, '../docs'), { recursive: true })
  return ['README.md', ...docs.map((page) => `docs/${String(page)}`)].filter((page) =>
    page.endsWith('.md'),
  )
}

test('no code of the pages ends a process because its gate could not write when it closed', () => {
  const closings = pages().flatMap((page) => {
    const code = [...readPage(page).matchAll(/^```(?:c|m)?[jt]sx?\n.*?^```$/gms)].join('\n')
    return [...code.matchAll(/gate\s*\.close\(\)\s*(\.\w+)?/g)].map(([, then]) => [page, then])
  })
  expect(closings.length).toBeGreaterThanOrEqual(9)
  expect(closings.filter(([, then]) => then !== '.catch')).toEqual([])
})

test.each([
  ['Express', whole],
  ['Koa', wholeOnKoa],
])(
  'the whole server on %s closes its store while the audit sink is away',
  async (_name, page) => {
    const server = page
      .replace(LISTENING, 'app.listen(0)')
      .replace('scopes: [', `onError() {}, audit: { sink: { write: fail } }, $&`)
      .replace('store.close()', '$&; process.exitCode = 7')
      .concat(
        "function fail() { return Promise.reject(new Error('away')) }\n",
        'console.log(JSON.stringify({ port: server.address().port }))',
      )
    expect(server).toContain('write: fail')
    const running = await runSnippet('server.mts', server)
    let code: number | null
    try {
      const url = `http://127.0.0.1:${String(running.told['port'])}/v1/patients`
      expect((await fetch(url)).status).toBe(401)
    } finally {
      code = await running.stop('SIGTERM')
    }
    expect(code).toBe(7)
  },
  20_000,
)
