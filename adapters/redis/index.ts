export type {
  IoredisScripts,
  NodeRedisArguments,
  NodeRedisScripts,
  RedisPublisher,
  RedisScripts,
  RedisSubscriber,
} from './clients.js'
export { createRedisReplayStore, createRedisRevocations, type RedisIdsOptions } from './ids.js'
export { createRedisKeyChanges, type RedisKeyChangesOptions } from './key-changes.js'
export { createRedisLimitStore, type RedisLimitStoreOptions } from './limit-store.js'
