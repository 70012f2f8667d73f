import { sourceOf } from '../net/source.js'
import type { Access } from './access.js'

const FOLD_MS = 10_000
/** How many kinds of denial are told apart at a time; those beyond go by their reason alone. */
const MAX_FOLDS = 4_096

/** Denials that repeat: the first is written at once, the others of ten seconds as one. */
export interface Fold {
  /** Whether this one is taken into account, and need not be written by itself. */
  take(access: Access): boolean
  /** Writes what is counted so far. */
  flush(): void
}

export function createFold(write: (access: Access) => void): Fold {
  /** What repeats of it were seen since it was last written. */
  const folds = new Map<string, Access | undefined>()
  let timer: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    for (const [kind, access] of folds) {
      if (access === undefined) folds.delete(kind)
      else {
        folds.set(kind, undefined)
        write(access)
      }
    }
    if (folds.size > 0) schedule()
  }

  function schedule(): void {
    timer ??= setTimeout(flush, FOLD_MS).unref()
  }

  return {
    take(access) {
      const own = kindOf(access)
      const kind = folds.has(own) || folds.size < MAX_FOLDS ? own : String(access.reason)
      if (!folds.has(kind)) {
        folds.set(kind, undefined)
        schedule()
        return false
      }
      const before = folds.get(kind)
      if (before === undefined) folds.set(kind, access)
      else {
        before.count += 1
        before.mixed = kind !== own
      }
      const told = before ?? access
      told.until = access.at
      return true
    },
    flush,
  }
}

/** Who is known by a key or a token has one of its own for each thing that it asks for. */
function kindOf(access: Access): string {
  const { client, auth, reason } = access
  const source = client === undefined ? '' : (sourceOf(client)?.block ?? '')
  if (auth === undefined) return `${String(reason)} ${source}`
  const who = auth.kind === 'key' ? auth.keyId : `${auth.issuer} ${String(auth.subject)}`
  return `${String(reason)} ${source} ${who} ${access.target}`
}
