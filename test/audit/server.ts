/** A server to be killed: `node server <directory> <mode>`. It tells its port and a secret on its first line. */
import type { AddressInfo } from 'node:net'
import express from 'express'
import { AuditError, createGate, type AuditMode } from 'sallyport'
import { guard } from 'sallyport/express'
import { createAuditFiles } from 'sallyport/file'

const [directory = '', mode = ''] = process.argv.slice(2)
const gate = createGate({
  environment: 'live',
  keys: { prefix: 'acme' },
  scopes: [],
  audit: { sink: createAuditFiles(directory), mode: mode as AuditMode, instance: 'api' },
  onError: () => undefined,
})

/** A busy disk may not take what is to be recorded of it in time. */
async function createKey(): Promise<string> {
  try {
    return (await gate.keys.create({ name: 'CI', ownerId: 'org_1' })).secret
  } catch (error) {
    if (error instanceof AuditError) return createKey()
    throw error
  }
}

const secret = await createKey()
const app = express()
app.get('/:id', guard(gate), (req, res) => {
  res.end(req.params['id'])
})
const server = app.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ port, secret }))
})
