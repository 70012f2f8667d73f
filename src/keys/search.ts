import { then, type MaybePromise } from '../lib/maybe.js'
import type { Digester } from './digest.js'
import type { KeyStore } from './key-store.js'
import type { KeyRecord } from './record.js'

/** Looks for a key under all digests that its secret may be stored under. */
export type Search = (
  fingerprint: string,
  find: KeyStore['findByDigest'],
) => MaybePromise<KeyRecord | undefined>

/** `outdated` is told of a key that is stored under an older digest than the current one. */
export function createSearch(
  digester: Digester,
  outdated: (record: KeyRecord, fingerprint: string) => void,
): Search {
  const searchOnce: Search = (fingerprint, find) => {
    const digests = digester.candidates(fingerprint)
    const [newest = ''] = digests

    function search(at: number): MaybePromise<KeyRecord | undefined> {
      const digest = digests[at]
      // Between two looks, another instance may have put the current digest in the place of an older one.
      if (digest === undefined) return digests.length > 1 ? find(newest) : undefined
      return then(find(digest), (record) => {
        if (record === undefined) return search(at + 1)
        if (at > 0 && digest !== digester.current(fingerprint)) outdated(record, fingerprint)
        return record
      })
    }

    return search(0)
  }

  return (fingerprint, find) =>
    then(digester.ready(), () =>
      then(searchOnce(fingerprint, find), (record) => {
        if (record !== undefined) return record
        // Another instance may have stored it under a pepper that is not known here yet.
        return then(digester.again(), (isOther) =>
          isOther ? searchOnce(fingerprint, find) : undefined,
        )
      }),
    )
}
