import { promises as fs } from 'node:fs'
import { MAX_AUDIT_HEADS } from '../../src/index.js'
import { dayOf, grouped, type TrailFile } from './names.js'
import type { Chain, SignedSearch } from './signed.js'

/** So many chains that are not proven are looked through after those that are seen to be at once. */
const MAX_OPEN = 10_000
const DAY_MS = 86_400_000

/**
 * The chains that a start names: those of the key, then those that it has seen, then others; of each, the latest. Anybody who can create files can give them
 * later days, or more of them than there is room for.
 */
export async function chosenOf(
  chains: readonly Chain[],
  search: SignedSearch | undefined,
): Promise<readonly Chain[]> {
  if (chains.length <= MAX_AUDIT_HEADS) return chains
  const proven: Chain[] = []
  const open: Chain[] = []
  const isFull = () => (search ? proven : open).length >= MAX_AUDIT_HEADS
  for await (const files of latestFirst(chains)) {
    if (isFull()) break
    if (await search?.atEnd(files)) proven.push(files)
    else if (open.length < MAX_OPEN) open.push(files)
  }
  if (search === undefined || isFull()) return [...proven, ...open].slice(0, MAX_AUDIT_HEADS)
  const seen = await search.seenBy(proven)
  const isSeen = ([file]: Chain) => seen.has(file?.writer ?? '')
  const others: Chain[] = []
  for (const files of [...open.filter(isSeen), ...open.filter((one) => !isSeen(one))]) {
    if (!isFull() && (await search.within(files))) proven.push(files)
    else others.push(files)
  }
  return [...proven, ...others].slice(0, MAX_AUDIT_HEADS)
}

/** By the day of their last file, and by when it was written; those of days to come after all others. */
async function* latestFirst(chains: readonly Chain[]): AsyncGenerator<Chain> {
  const future = dayOf(Date.now() + 2 * DAY_MS)
  const dated = chains.map((files) => ({ files, day: files.at(-1)?.day ?? '' }))
  dated.sort((a, b) => (a.day < b.day ? 1 : -1))
  const days = [...grouped(dated, ({ day }) => day)]
  const isFuture = ([day]: (typeof days)[number]) => day >= future
  const inOrder = [...days.filter((one) => !isFuture(one)), ...days.filter(isFuture)]
  for (const [, ofDay] of inOrder) {
    const timed = await Promise.all(
      ofDay.map(async ({ files }) => ({ files, at: await writtenAt(files.at(-1)) })),
    )
    for (const { files } of timed.sort((a, b) => b.at - a.at)) yield files
  }
}

async function writtenAt(file: TrailFile | undefined): Promise<number> {
  try {
    return (await fs.stat(file?.path ?? '')).mtimeMs
  } catch {
    // It is gone: there is nothing to be told of it.
    return 0
  }
}
