import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

const ROOT = resolve(import.meta.dirname, '..')
const LOADER = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const LISTENING = 'app.listen(3000)'

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const tutorial = readFileSync(join(ROOT, 'docs/getting-started.md'), 'utf8')
const blocks = codeIn(readme, 'ts')
const [express = '', koa = ''] = blocks.filter((code) => code.includes(LISTENING))
const [explained = ''] = codeIn(tutorial, 'ts')
const [commonJs = ''] = codeIn(tutorial, 'cjs')

function codeIn(page: string, language: string): string[] {
  const fenced = page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))
  return [...fenced].map(([, code = '']) => code)
}

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

/** The line of JSON that the code was made to print; whatever else it prints is the code's own. */
async function told(child: ChildProcess): Promise<{ port: number; secret: string }> {
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes')
  let complaint = ''
  child.stderr.on('data', (chunk) => (complaint += String(chunk)))
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('{')) return JSON.parse(line) as { port: number; secret: string }
  }
  throw new Error(`The quick start ended before it listened. ${complaint}`)
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
  // Outside of the package, as the code of a user is: there, its name leads to the sources by tsconfig.json alone.
  const folder = mkdtempSync(join(tmpdir(), 'quick-start-'))
  let child: ChildProcess
  let url: string
  let secret: string

  beforeAll(async () => {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
    const file = join(folder, `server.${extension}`)
    writeFileSync(file, runnable(code))
    child = spawn(process.execPath, ['--import', LOADER, file], {
      cwd: folder,
      env: { ...process.env, NODE_ENV: '', TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.json') },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const { port, ...rest } = await told(child)
    url = `http://127.0.0.1:${String(port)}/v1/patients`
    secret = rest.secret
  }, 30_000)

  afterAll(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true })
  })

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
