export type { RedisPublisher, RedisSubscriber } from './clients.js'
export { createRedisKeyChanges, type RedisKeyChangesOptions } from './key-changes.js'
