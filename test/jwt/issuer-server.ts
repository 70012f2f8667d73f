import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { trust } from './trust.js'

const folder = new URL('../adapters/tls/', import.meta.url)
const cert = readFileSync(new URL('certificate.pem', folder))
const key = readFileSync(new URL('key.pem', folder))

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** An issuer's web server on loopback, over TLS. */
export interface IssuerServer {
  readonly url: string
  /** The paths that were asked for, in order. */
  readonly asked: string[]
  /** What is answered from now on; by path, or to everything. */
  answer: (path: string) => Answer | undefined
  close(): Promise<void>
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(value))
  }
}

export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_, response) => {
    response.writeHead(code, headers).end()
  }
}

export async function startIssuer(answer: (path: string) => Answer | undefined = () => undefined) {
  trust(cert)
  const asked: string[] = []
  const server = createServer({ key, cert }, (request, response) => {
    asked.push(request.url ?? '')
    const answered = issuer.answer(request.url ?? '') ?? status(404)
    answered(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const issuer: IssuerServer = {
    url: `https://127.0.0.1:${String(port)}`,
    asked,
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
  return issuer
}
