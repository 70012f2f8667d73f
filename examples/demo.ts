import { KeyError, type ApiKey, type Keys } from 'sallyport'

/** The metadata of keys that an example makes for itself, anew at every start: the process that has their secrets. */
export const DEMO = { demo: process.pid } as const

/** Revokes the demo keys of processes that have ended, whose secrets nobody has; those of users stay. */
export async function endFormerDemo(keys: Pick<Keys, 'list' | 'revoke'>): Promise<void> {
  const former: ApiKey[] = []
  for (const state of ['active', 'disabled'] as const) {
    let cursor: string | undefined
    do {
      const page = await keys.list({ state, limit: 200, ...(cursor !== undefined && { cursor }) })
      former.push(...page.items.filter(({ metadata }) => isOver(metadata['demo'])))
      cursor = page.cursor
    } while (cursor !== undefined)
  }
  for (const { id } of former) await keys.revoke(id, { reason: 'the example was started again' })
}

function isOver(demo: unknown): boolean {
  if (typeof demo !== 'number') return demo === true
  try {
    return demo === process.pid || !process.kill(demo, 0)
  } catch {
    return true
  }
}

/** Lets an import be made again. */
export async function unlessIssued(imported: Promise<unknown>): Promise<void> {
  try {
    await imported
  } catch (error) {
    if (!(error instanceof KeyError && error.code === 'already_issued')) throw error
  }
}
