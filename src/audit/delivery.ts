import { AuditError, type AuditFault } from '../core/errors.js'
import { withTimeout } from '../lib/maybe.js'
import type { Batches, BatchSource, FreshChain, Item } from './batches.js'
import type { BrokenChain } from './record.js'
import type { AuditSink } from './sink.js'

const RETRY_MS = 250
/** After so many tries of which a sink does not say why it failed, a new chain is tried; and a record alone is given up. */
const TRIES = 4
/** After so long, a call of a sink that has not answered is made again. */
const HUNG_MS = 5_000

export interface DeliveryContext {
  readonly sink: AuditSink
  readonly batches: Batches
  readonly source: BatchSource
  /** A record will never be kept, and whoever waits for it is to be told. */
  readonly refuse: (item: Item, error: AuditError) => void
  /** The sink takes nothing as it is. */
  readonly fail: (error: unknown) => void
}

/** Brings batches to a sink, one at a time and in their order. */
export interface Delivery {
  /** Whether a batch waits to be brought again. */
  isPending(): boolean
  /** Brings the batch that waits, or the next one. @throws what the sink throws; then it waits */
  next(): Promise<void>
}

export function createDelivery(context: DeliveryContext): Delivery {
  const { sink, batches, source, refuse, fail } = context
  let pending: readonly Item[] | undefined
  /** The chain in which what is pending goes on, once the sink has taken its start. */
  let fresh: FreshChain | undefined
  let tries = 0

  async function send(items: readonly Item[]): Promise<void> {
    if (items.length > 0) await withinTime(sink.write(items.map(({ entry }) => entry)))
    for (const { waiters } of items) for (const { kept } of waiters) kept()
  }

  /** To a new chain, once the sink has taken its start. */
  async function moveOn(items: readonly Item[], why: BrokenChain['why']): Promise<void> {
    fresh ??= await batches.fresh(items, why)
    try {
      await withinTime(sink.write([fresh.start]))
    } catch (error) {
      if (faultOf(error) === 'place_taken') fresh = undefined
      throw error
    }
    pending = batches.movedTo(fresh, items)
    fresh = undefined
  }

  /** One by one, without those that cannot be kept. */
  async function sift(): Promise<void> {
    tries = 0
    while (pending !== undefined) {
      const [first] = pending
      if (first === undefined) return
      try {
        await send([first])
        pending = pending.slice(1)
        tries = 0
      } catch (cause) {
        const fault = faultOf(cause) ?? 'unfit'
        if (fault !== 'unfit' || first.pending === undefined) throw cause
        tries += 1
        if (faultOf(cause) === undefined && tries < TRIES) await pause()
        else {
          tries = 0
          pending = batches.withoutFirst(pending)
          refuse(first, new AuditError('A record cannot be kept, and is counted.', { cause }))
        }
      }
    }
  }

  /** By another way, where the sink will never take it like this. */
  async function overcome(items: readonly Item[], error: unknown): Promise<void> {
    const fault = faultOf(error)
    if (fault === undefined) tries += 1
    if (fault === 'unfit') await sift()
    else if (fault === 'place_taken') {
      fail(error)
      await moveOn(items, fault)
      await send(pending ?? [])
    } else if (fault === undefined && tries >= TRIES) {
      await moveOn(items, 'refused')
      // It has taken a start just now: what it refuses next may be refused for what it is.
      await sift()
    } else throw error
  }

  return {
    isPending: () => pending !== undefined,
    async next() {
      const items = (pending ??= await batches.make(source))
      try {
        await send(items)
      } catch (error) {
        await overcome(items, error)
      }
      pending = undefined
      fresh = undefined
      tries = 0
    },
  }
}

export function faultOf(error: unknown): AuditFault | undefined {
  return error instanceof AuditError ? error.fault : undefined
}

/** Until it is tried again. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
}

export async function withinTime<T>(value: T | Promise<T>): Promise<T> {
  const message = `A sink did not answer within ${String(HUNG_MS)} ms.`
  const late = () => new AuditError(message, { fault: 'outage' })
  return await withTimeout(value, HUNG_MS, late)
}
