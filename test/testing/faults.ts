import {
  createMemoryKeyStore,
  type KeyChanged,
  type KeyPatch,
  type KeyQuery,
  type KeyRecord,
  type KeyStore,
  type Page,
} from 'sallyport'

type Now<F> = F extends (...given: infer G) => infer R ? (...given: G) => Awaited<R> : F

/** The memory store, as it is: it has everything, and answers at once. */
export type Memory = { readonly [Name in keyof KeyStore]-?: Now<NonNullable<KeyStore[Name]>> }

/** What a store does wrong. */
export type Fault = (memory: Memory) => Partial<KeyStore> | readonly [KeyStore, KeyStore]

/** A fault, and the cases that find it. */
export type Broken = readonly [name: string, fault: Fault, found: readonly string[]]

export function breakStore(fault: Fault): KeyStore | readonly [KeyStore, KeyStore] {
  const memory = createMemoryKeyStore() as Memory
  const broken = fault(memory)
  // A fault of its own is not to be found by what it says nothing of.
  const { suspendCreation: _, usageOfOwner: _sums, ...rest } = memory
  return 0 in broken ? broken : { ...rest, ...broken }
}

/** Lets everybody else go first. */
export async function gap(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Changes records on their way in. */
export function storing(spoil: (record: KeyRecord) => KeyRecord): Fault {
  return (memory) => ({
    insert: (record) => {
      memory.insert(spoil(record))
    },
    rotate: (id, version, endsAt, successor) =>
      memory.rotate(id, version, endsAt, spoil(successor)),
  })
}

/** Changes patches on their way in. */
export function patching(spoil: (patch: KeyPatch, memory: Memory) => KeyPatch): Fault {
  return (memory) => ({
    update: (id, patch, version) => memory.update(id, spoil(patch, memory), version),
  })
}

/** Changes what is asked of the list. */
export function listing(ask: (query: KeyQuery) => KeyQuery): Fault {
  return (memory) => ({ list: (query) => memory.list(ask(query)) })
}

/** Has a cursor that is what `mark` makes of a key, and is looked for among the keys that match. */
export function paging(mark: (record: KeyRecord, index: number) => string): Fault {
  return (memory) => ({ list: (query) => pageOf(everything(memory, query), query, mark) })
}

export function everything(memory: Memory, query: KeyQuery): readonly KeyRecord[] {
  return memory.list({ ...without(query, 'cursor'), limit: Number.MAX_SAFE_INTEGER }).items
}

export function pageOf(
  all: readonly KeyRecord[],
  { limit = 50, cursor }: KeyQuery,
  mark: (record: KeyRecord, index: number) => string,
): Page<KeyRecord> {
  const before = all.findLastIndex((record, index) => mark(record, index) === cursor)
  if (cursor !== undefined && before === -1) return { items: [] }
  const items = all.slice(before + 1, before + 1 + limit)
  const last = items.at(-1)
  const end = before + items.length
  return { items, ...(last && end + 1 < all.length && { cursor: mark(last, end) }) }
}

/** Hands changes on otherwise than they come. */
export function telling(
  spoil: (tell: (change: KeyChanged) => void) => (change: KeyChanged) => void,
): Fault {
  return ({ changes }) => ({
    changes: {
      listen: ({ changed, lost }) => changes.listen({ changed: spoil(changed), lost }),
    },
  })
}

export function without<T extends object>(value: T, ...names: readonly (keyof T)[]): T {
  const kept = Object.entries(value).filter(([name]) => !names.includes(name as keyof T))
  return Object.fromEntries(kept) as T
}
