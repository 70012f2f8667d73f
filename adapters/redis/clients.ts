import { hasMethods, MisuseError } from '../../src/index.js'

/** What is used of a client that sends: of ioredis, iovalkey or node-redis. */
export interface RedisPublisher {
  publish(channel: string, message: string): Promise<unknown>
  on(event: string, listener: (...values: unknown[]) => void): unknown
}

/** What is used of a client that listens. It resubscribes by itself after it lost its connection, as all of them do. */
export interface RedisSubscriber {
  /** node-redis calls the listener with each message; ioredis calls it once, with no message, and emits `message`. */
  subscribe(channel: string, listener: (...values: unknown[]) => void): Promise<unknown>
  on(event: string, listener: (...values: unknown[]) => void): unknown
}

/** What is used of ioredis or iovalkey for scripts, of a server or of a cluster. */
export interface IoredisScripts {
  /** `'ready'` while commands can be sent. */
  readonly status: string
  evalsha(sha1: string, keys: number, ...keysAndValues: string[]): Promise<unknown>
  eval(script: string, keys: number, ...keysAndValues: string[]): Promise<unknown>
  on(event: string, listener: (...values: unknown[]) => void): unknown
}

/** What is used of node-redis for scripts, of a server or of a cluster. */
export interface NodeRedisScripts {
  /** Whether commands can be sent; a cluster does not say. */
  readonly isReady?: boolean
  evalSha(sha1: string, given: NodeRedisArguments): Promise<unknown>
  eval(script: string, given: NodeRedisArguments): Promise<unknown>
  on(event: string, listener: (...values: unknown[]) => void): unknown
}

export interface NodeRedisArguments {
  readonly keys: string[]
  readonly arguments: string[]
}

/** A client that runs scripts. */
export type RedisScripts = IoredisScripts | NodeRedisScripts

/** @throws {MisuseError} where it is no client, such as a URL, or has none of the methods */
export function checkClient(given: unknown, methods: readonly string[]): void {
  if (methods.some((method) => hasMethods(given, 'on', method))) return
  throw new MisuseError(
    'invalid_option',
    'What is kept in Redis needs a client of ioredis, iovalkey or node-redis; write createRedisLimitStore(new Redis(process.env.REDIS_URL))',
  )
}
