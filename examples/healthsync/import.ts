import { readFileSync } from 'node:fs'
import { signAssertion } from './importer.js'

// A program of a customer: it has the private key of its service account, and nothing else of the API.
const [url = 'http://127.0.0.1:3000', key = '.data/healthsync/keys/importer.pem'] =
  process.argv.slice(2)

const granted = await fetch(`${url}/v1/auth/token`, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: await signAssertion(readFileSync(key, 'utf8')),
  }),
})
const token = (await granted.json()) as { readonly access_token?: string }
if (token.access_token === undefined) throw new Error(JSON.stringify(token))

const records = await fetch(`${url}/v1/records`, {
  headers: { authorization: `Bearer ${token.access_token}` },
})
console.log(await records.text())
