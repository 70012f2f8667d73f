import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { jest } from '@jest/globals'
import type { Decision } from 'sallyport'
import type { Haystack } from './search.js'

const CHANNELS = ['decisions', 'limits', 'outages', 'cache', 'audit'].map(
  (name) => `sallyport:${name}`,
)
const CONSOLE = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const

/** Keeps what is published, until it is called. */
export function listenToChannels(haystack: Haystack): () => void {
  const hear = (message: unknown, channel: string | symbol) => {
    const { decision, sink: _, ...rest } = message as { decision?: Decision; sink?: unknown }
    haystack.addValue(`channel ${String(channel)}`, rest)
    if (decision === undefined) return
    haystack.addValue('decision', decision)
    const { headers } = decision
    haystack.addValue('decision', [headers, decision.allowed ? decision.auth : decision.body])
  }
  for (const channel of CHANNELS) subscribe(channel, hear)
  return () => {
    for (const channel of CHANNELS) unsubscribe(channel, hear)
  }
}

/** From now on, what is written to the standard streams and to the console is kept, and not shown. */
export function listenToLogs(haystack: Haystack): () => void {
  for (const method of CONSOLE) {
    jest.spyOn(console, method).mockImplementation((...given: unknown[]) => {
      for (const one of given) haystack.addValue('console', one)
    })
  }
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((chunk: unknown) => {
      haystack.add('stream', String(chunk))
      return true
    })
  }
  const warned = (warning: Error) => {
    haystack.addValue('warning', warning)
  }
  process.on('warning', warned)
  return () => {
    process.off('warning', warned)
    jest.restoreAllMocks()
  }
}
