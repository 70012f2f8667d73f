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
