import type { Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, expect, jest, test } from '@jest/globals'
import { verifyWebhook } from 'sallyport/webhooks'
import { listen } from '../adapters/servers.js'
import { until } from '../adapters/until.js'
import { startExample, type RunningExample } from '../contracts/server.js'

jest.setTimeout(60_000)

interface Message {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

let receiver: Server | undefined
let example: RunningExample | undefined
afterEach(async () => {
  await example?.stop()
  receiver?.closeAllConnections()
  receiver?.close()
})

test.each(['express', 'koa'])(
  'healthsync on %s: a receiver that was away gets an event of a key, signed',
  async (framework) => {
    const tried = new Set<unknown>()
    // Those of the keys that the example makes at its start arrive as well.
    const messages: Message[] = []
    const { server, port } = await listen((req, res) => {
      void text(req).then((body) => {
        const isAway = !tried.has(req.headers['webhook-id'])
        tried.add(req.headers['webhook-id'])
        res.writeHead(isAway ? 503 : 204).end()
        if (!isAway) messages.push({ headers: req.headers as Message['headers'], body })
      })
    })
    receiver = server
    const url = `http://127.0.0.1:${String(port)}/events`
    const places = ['--database', ':memory:', '--no-audit', '--webhook', url]
    example = await startExample('healthsync', framework, {}, ...places)
    const { webhook } = JSON.parse(example.output()) as { webhook: Record<string, string> }
    const created = await fetch(`${example.url}/v1/keys`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${String(example.credentials['developer'])}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ name: 'CI', environment: 'live', scopes: ['records:read'] }),
    })
    const { id, secret } = (await created.json()) as Record<'id' | 'secret', string>
    const isOfKey = ({ body }: Message) => body.includes(id)
    await until(() => messages.some(isOfKey))
    const [message = { headers: {}, body: '' }] = messages.filter(isOfKey)
    expect(JSON.parse(message.body)).toMatchObject({ type: 'key.created', data: { id } })
    expect(message.body).not.toContain(secret)
    expect(verifyWebhook({ ...message, secrets: [webhook['secret'] ?? ''] })).toBe(true)
    const body = message.body.replace('CI', 'CD')
    expect(verifyWebhook({ ...message, body, secrets: [webhook['secret'] ?? ''] })).toBe(false)
  },
)
