import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { generateKeyPairSync } from 'node:crypto'
import type { IssuedKey, IssuedToken, Keys } from 'sallyport'
import { programOf } from '../program.js'
import type { Feed } from './feeds.js'

export interface Setup {
  /** The database, by way of whatever. */
  readonly url: string
  readonly feed?: Feed
}

/** A call of `gate.keys`, or of `gate.tokens.exchange`, to make in an instance. */
export interface Order {
  readonly id: number
  readonly call: keyof Keys | 'exchange'
  readonly input: readonly unknown[]
}

type Report =
  | { readonly port: number }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }

export interface Reply {
  readonly status: number
  readonly retryAfter: string | undefined
  /** How many keys this instance has read from its store so far. */
  readonly reads: number
}

/** An API in a process of its own. */
export interface Instance {
  /** A request with a key or a token. */
  ask(credential: string): Promise<Reply>
  create(): Promise<IssuedKey>
  /** A token from a key, for all instances. */
  exchange(secret: string): Promise<string>
  revoke(id: string): Promise<void>
  signal(name: NodeJS.Signals): void
  stop(): Promise<void>
}

/** Starts a file of TypeScript as a process that can be talked to. */
export function startProcess(file: string, ...input: unknown[]): ChildProcess {
  const values = input.map((value) => JSON.stringify(value))
  return fork(programOf(join(import.meta.dirname, file)), values)
}

/** What all instances sign with. */
const SIGNING_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  format: 'pem',
  type: 'pkcs8',
})

export async function startInstance(setup: Setup): Promise<Instance> {
  const child = startProcess('instance.ts', setup, SIGNING_KEY)
  const agent = new Agent({ keepAlive: true })
  const [ready] = (await once(child, 'message')) as [{ readonly port: number }]
  const waiting = new Map<number, (report: Report) => void>()
  let orders = 0
  child.on('message', (report: Report) => {
    if ('id' in report) waiting.get(report.id)?.(report)
  })

  async function order(
    call: Order['call'],
    input: readonly unknown[],
    left = 10,
  ): Promise<unknown> {
    const id = ++orders
    const report = await new Promise<Report>((resolve) => {
      waiting.set(id, resolve)
      child.send({ id, call, input } satisfies Order)
    })
    waiting.delete(id)
    if ('result' in report) return report.result
    const failure = 'error' in report ? report.error : 'no answer'
    // Whoever is told so by a busy machine tries again.
    if (failure.startsWith('StoreError') && left > 0) return order(call, input, left - 1)
    throw new Error(failure)
  }

  return {
    ask: (credential) => ask(agent, ready.port, credential),
    create: () => order('create', [{ name: 'CI', ownerId: 'org_1' }]) as Promise<IssuedKey>,
    async exchange(secret) {
      const { accessToken } = (await order('exchange', [secret])) as IssuedToken
      return accessToken
    },
    async revoke(id) {
      await order('revoke', [id])
    },
    signal: (name) => void child.kill(name),
    async stop() {
      agent.destroy()
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

function ask(agent: Agent, port: number, credential: string): Promise<Reply> {
  const headers = { authorization: `Bearer ${credential}` }
  return new Promise((resolve, reject) => {
    get({ agent, host: '127.0.0.1', port, headers }, (response) => {
      response.resume().on('end', () => {
        const retryAfter = response.headers['retry-after']
        const reads = Number(response.headers['reads'])
        resolve({ status: response.statusCode ?? 0, retryAfter, reads })
      })
    }).on('error', reject)
  })
}
