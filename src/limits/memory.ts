import { createTagger, type Tag } from '../lib/half-siphash.js'
import { createCounterTable } from './counters.js'
import type { LimitStore } from './store.js'
import { settle, type Counters } from './windows.js'

/** The tags of so many names of limits are remembered. */
const MAX_NAMES = 1_000

/**
 * Counts in the memory of this process: at most 1,000,000 quotas and as many bursts, in 64 MiB, and as many credits, in 32 MiB. What is full
 * again makes room; beyond that, one of those that end first gives way, and its owner begins anew: it takes as many owners to bring that
 * about. Credits that were used are forgotten when the process ends.
 */
export function createMemoryLimitStore(): LimitStore {
  const tagOfSubject = createTagger()
  const tagOfName = createTagger()
  const tables = {
    quota: createCounterTable('quota'),
    burst: createCounterTable('burst'),
    credit: createCounterTable('credit'),
  }
  const names = new Map<string, Tag>()

  function nameTag(name: string): Tag {
    const known = names.get(name)
    if (known !== undefined) return known
    if (names.size >= MAX_NAMES) names.clear()
    const tag = tagOfName(name)
    names.set(name, tag)
    return tag
  }

  function tagIn(subject: Tag, name: string): Tag {
    const { low, high } = nameTag(name)
    return { low: (subject.low ^ low) >>> 0, high: (subject.high ^ high) >>> 0 }
  }

  return {
    consume(request) {
      const at = Math.floor(request.at)
      const subject = tagOfSubject(request.subject)
      const counters: Counters = {
        read: ({ kind, name }) => tables[kind].get(tagIn(subject, name)),
        write({ kind, name }, counter) {
          tables[kind].put(tagIn(subject, name), counter, at)
        },
      }
      return settle(counters, request, at)
    },
  }
}
