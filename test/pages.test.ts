import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codeIn, readPage, runSnippet, type RunningSnippet } from './snippets.js'

/** The one block of a page that has these words. */
function blockWith(page: string, words: string): string {
  const [code, ...others] = codeIn(readPage(page), 'ts').filter((each) => each.includes(words))
  if (code === undefined || others.length > 0) throw new Error(`${page}: no one block '${words}'`)
  return code
}

/** Runs `code` with what it is to tell, once `app` of it listens. */
function serve(code: string, told = '{}', env: NodeJS.ProcessEnv = {}): Promise<RunningSnippet> {
  const telling = `console.log(JSON.stringify({ port: server.address().port, ...(${told}) }))`
  const listening = `const server = app.listen(0, '127.0.0.1', async () => ${telling})`
  return runSnippet('server.mts', `${code}\n${listening}`, env)
}

function urlOf({ told }: RunningSnippet, path: string): string {
  return `http://127.0.0.1:${String(told['port'])}${path}`
}

describe('a list shows the tenants of the caller', () => {
  let running: RunningSnippet
  beforeAll(async () => {
    const keyOf = (tenantIds?: string[]) =>
      `(await gate.keys.create({ name: 'CI', ownerId: 'org_1', scopes: ['read:patients'], tenantIds: ${JSON.stringify(tenantIds)} })).secret`
    running = await serve(
      blockWith('docs/tenants.md', 'seesAll'),
      `{ all: ${keyOf()}, none: ${keyOf([])}, one: ${keyOf(['clinic_1', 'clinic_3'])} }`,
    )
  }, 30_000)
  afterAll(() => running.stop())

  test.each([
    ['all', ['pat_1', 'pat_2']],
    ['none', []],
    ['one', ['pat_1']],
  ])('%s', async (name, ids) => {
    const headers = { 'x-api-key': String(running.told[name]) }
    const answer = await fetch(urlOf(running, '/patients'), { headers })
    const shown = (await answer.json()) as { id: string }[]
    expect(shown.map(({ id }) => id)).toEqual(ids)
  })
})

test('tokens without iss in tests', async () => {
  const told = `
const ownerOf = async (token) => (await gate.verify(token)).auth?.ownerId
console.log(JSON.stringify({
  made: await ownerOf(token),
  signed: await ownerOf(signed),
  ofTests: await ownerOf(gate.tokenFor({ id: 7 })),
  foreign: (await gate.verify(jwt.sign({ id: 7 }, 'x'.repeat(32), { expiresIn: '1h' }))).status,
}))`
  const code = blockWith('docs/testing.md', 'iss: undefined')
  const running = await runSnippet('server.mts', code + told)
  await running.stop()
  expect(running.told).toEqual({
    ...{ made: 'user:7', signed: 'user:7', foreign: 401 },
    ofTests: 'https://issuer.test#user_test',
  })
}, 30_000)
