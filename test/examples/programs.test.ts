import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { startExample, type RunningExample } from '../contracts/server.js'

// What customers paste: each program runs as it is written, but for the host and the key.
jest.setTimeout(60_000)

const SYSTEMS = ['healthcloud', 'healthsync', 'nimbus', 'novamed', 'reference'] as const
type SystemName = (typeof SYSTEMS)[number]

const CLINIC = '550e8400-e29b-41d4-a716-446655440000'
const PRINTED = 'hc_live_sk_AbC12xYz9kLmNpQr'
const JSON_BOTH = '-H "Content-Type: application/json" -H "Accept: application/json"'

/** A line for a shell. */
interface Line {
  readonly does: string
  readonly line: string
  /** The name of the key. Absent: it is in the line. */
  readonly key?: string
  readonly status?: number
  readonly answer?: object
}

const LINES: Readonly<Record<SystemName, readonly Line[]>> = {
  healthcloud: [
    {
      does: 'lists organizations with the printed key',
      line: `curl HOST/v1/organizations \\\n  -H "Authorization: Bearer ${PRINTED}"`,
    },
    {
      does: 'exchanges the printed key for a token',
      line: `curl -X POST HOST/v1/auth/token -H "Authorization: Bearer ${PRINTED}" \\
        -H "Content-Type: application/json" -d '{ "scope": ["read:patients", "exec:agents"] }'`,
      answer: { token_type: 'Bearer', expires_in: 3_600, scope: 'read:patients exec:agents' },
    },
  ],
  healthsync: [
    { does: 'lists records with a key', key: 'premium' },
    { does: 'lists records with a token', key: 'oauthToken' },
  ].map((one) => ({
    ...one,
    line: `curl -H "Authorization: Bearer KEY" \\
      -H "Content-Type: application/json" \\
      HOST/v1/records`,
  })),
  nimbus: [
    { does: 'lists orders', key: 'sandbox', line: 'curl HOST/orders \\\n  -H "X-API-Key: KEY"' },
    {
      does: 'lists orders with the key of its environment',
      key: 'sandbox',
      line: 'export NIMBUS_API_KEY="KEY"\ncurl -H "X-API-Key: $NIMBUS_API_KEY" HOST/orders',
    },
  ],
  novamed: [
    {
      does: 'lists practitioners',
      key: 'clinicA',
      line: `curl HOST/api/external/practitioner -H "x-api-key: KEY" ${JSON_BOTH}`,
    },
    {
      does: 'creates a practitioner',
      key: 'clinicA',
      line: `curl -X POST HOST/api/external/practitioner -H "x-api-key: KEY" ${JSON_BOTH} -d '{
        "first_name": "Ada", "last_name": "Lind", "email": "ada.lind@clinic.example",
        "npi_number": "1000000004", "assigned_clinic": "${CLINIC}"
      }'`,
      status: 201,
    },
    {
      does: 'creates a patient',
      key: 'clinicA',
      line: `curl -X POST HOST/api/external/patient -H "x-api-key: KEY" ${JSON_BOTH} -d '{
        "clinic_id": "${CLINIC}", "first_name": "Tom", "last_name": "Berg",
        "email": "tom.berg@mail.example", "date_of_birth": "1990-01-31"
      }'`,
      status: 201,
    },
  ],
  reference: [
    {
      does: 'lists users',
      key: 'pro',
      line: 'curl -X GET HOST/v1/users \\\n  -H "Authorization: Bearer KEY"',
    },
    {
      does: 'reads its own user',
      key: 'pro',
      line: 'curl -H "Authorization: Bearer KEY" \\\n  HOST/v1/users/me',
    },
    {
      does: 'is refused with a key that is not valid',
      line: 'curl -H "Authorization: Bearer INVALID_KEY" \\\n  HOST/v1/users/me',
      status: 401,
      answer: { error: 'invalid_api_key' },
    },
  ],
}

const FETCH = `
fetch('HOST/v1/users', { headers: { 'Authorization': 'Bearer KEY' } })
  .then((response) => response.json())
  .then((data) => console.log(JSON.stringify(data)))`

/** What axios sends for a client with these defaults: the package itself is no dependency. */
const AXIOS = `
const { get } = require('node:http')
const headers = {
  'Accept': 'application/json, text/plain, */*',
  'Content-Type': 'application/json',
  'Authorization': \`Bearer \${process.env.API_KEY}\`,
  'User-Agent': 'axios/1.12.0',
  'Accept-Encoding': 'gzip, compress, deflate, br',
}
get('HOST/v1/users/123', { headers }, (response) => {
  if (response.statusCode !== 200) process.exit(1)
  response.pipe(process.stdout)
})`

const REQUESTS_GET = `
import json
import requests
response = requests.get('HOST/v1/users', headers={'Authorization': 'Bearer KEY'})
print(json.dumps(response.json()))`

const REQUESTS_CLIENT = `
import json
import os
import requests

class Client:
    def __init__(self, api_key):
        self.session = requests.Session()
        self.session.headers.update({
            'Authorization': f'Bearer {api_key}',
            'Content-Type': 'application/json'
        })

    def user(self, user_id):
        response = self.session.get(f'HOST/v1/users/{user_id}')
        response.raise_for_status()
        return response.json()

print(json.dumps(Client(os.environ.get('API_KEY')).user('123')))`

/** The same with nothing but what Python brings. */
function urllib(path: string): string {
  return `
import json
import os
from urllib.request import Request, urlopen
headers = {'Authorization': 'Bearer ' + os.environ['API_KEY'], 'Content-Type': 'application/json'}
print(json.dumps(json.load(urlopen(Request('HOST${path}', headers=headers)))))`
}

const GO = `
package main

import (
	"io"
	"net/http"
	"os"
)

func main() {
	req, err := http.NewRequest("GET", "HOST/v1/users/123", nil)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer "+os.Getenv("API_KEY"))
	req.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		os.Exit(1)
	}
	io.Copy(os.Stdout, resp.Body)
}
`

const hasPython = starts('python3', '--version')
const hasRequests = hasPython && starts('python3', '-c', 'import requests')
const hasGo = starts('go', 'version')

/** What lists users, then what reads one. */
const PYTHON = hasRequests
  ? [REQUESTS_GET, REQUESTS_CLIENT]
  : [urllib('/v1/users'), urllib('/v1/users/123')]
const testPython = hasPython ? test : test.skip

describe('programs of the documents', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-programs-'))
  const running = new Map<SystemName, RunningExample>()

  beforeAll(async () => {
    // The lines of curl stay as they are pasted.
    writeFileSync(join(folder, '.curlrc'), 'silent\nshow-error\nwrite-out = "\\n%{http_code}"\n')
    await Promise.all(
      SYSTEMS.map(async (system) => {
        const places = ['--database', ':memory:', '--audit', join(folder, system)]
        running.set(system, await startExample(system, 'express', {}, ...places))
      }),
    )
  })
  afterAll(async () => {
    await Promise.all([...running.values()].map(({ stop }) => stop()))
    rmSync(folder, { recursive: true })
  })

  /** Runs a program with only host and key replaced, and returns what it prints. */
  function run(system: SystemName, key: string, [name = '', ...args]: readonly string[]) {
    const { url, credentials } = running.get(system) as RunningExample
    const secret = String(credentials[key])
    const filled = args.map((text) =>
      text.replaceAll('HOST', url).replace(/\bKEY\b/g, () => secret),
    )
    const direct = { NO_PROXY: '*', no_proxy: '*', CURL_HOME: folder, API_KEY: secret }
    return new Promise<string>((resolve, reject) => {
      const options = { env: { ...process.env, ...direct }, cwd: folder }
      execFile(name, filled, options, (error, out, err) => {
        if (error === null) resolve(out)
        else reject(new Error(`${name}: ${out}${err}`, { cause: error }))
      })
    })
  }

  async function userOf(program: readonly string[]): Promise<void> {
    expect(JSON.parse(await run('reference', 'pro', program))).toMatchObject({ id: '123' })
  }

  async function usersOf(program: readonly string[]): Promise<void> {
    const listed = JSON.parse(await run('reference', 'pro', program)) as object
    expect(listed).not.toHaveProperty('error')
    expect(JSON.stringify(listed)).toContain('"id"')
  }

  describe.each(SYSTEMS)('%s: curl', (system) => {
    test.each(LINES[system])('$does', async ({ line, key = '', status = 200, answer = {} }) => {
      const out = await run(system, key, ['sh', '-c', line])
      const [, body = '', code] = /^(.*)\n(\d+)$/s.exec(out) ?? []
      expect(`${String(code)} ${body}`).toMatch(new RegExp(`^${String(status)} `))
      expect(JSON.parse(body)).toMatchObject(answer)
    })
  })

  test('JavaScript with fetch lists users', () => usersOf([process.execPath, '-e', FETCH]))

  test('JavaScript that sends what axios sends reads a user', () =>
    userOf([process.execPath, '-e', AXIOS]))

  testPython(`Python with ${hasRequests ? 'requests' : 'urllib'} lists users`, () =>
    usersOf(['python3', '-c', PYTHON[0] ?? '']),
  )

  testPython(`Python with ${hasRequests ? 'requests' : 'urllib'} reads a user`, () =>
    userOf(['python3', '-c', PYTHON[1] ?? '']),
  )

  if (hasGo) {
    test('Go reads a user', async () => {
      const { url } = running.get('reference') as RunningExample
      writeFileSync(join(folder, 'main.go'), GO.replace('HOST', url))
      await userOf(['go', 'run', 'main.go'])
    })
  }
})

function starts(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0
}
