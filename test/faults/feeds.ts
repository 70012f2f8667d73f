import type { KeyStore } from 'sallyport'

/** `told`: as it is. `unproven`: taken to hear, whether it does or not. `deaf`: hears nothing. `none`: there is no feed. */
export type Feed = 'told' | 'unproven' | 'deaf' | 'none'

/** A store whose feed has a protection taken out. */
export function withFeed(store: KeyStore, kind: Feed = 'told'): KeyStore {
  const { changes, ...rest } = store
  if (kind === 'told' || changes === undefined) return store
  if (kind === 'none') return rest
  return {
    ...rest,
    changes: {
      async listen(listener) {
        if (kind === 'deaf') return { catchUp: () => undefined, close: () => undefined }
        const subscription = await changes.listen({
          changed: (change) => {
            listener.changed(change)
          },
          lost: () => undefined,
        })
        return { close: () => subscription.close() }
      },
    },
  }
}
