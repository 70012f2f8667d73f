import type { AuditPage } from 'sallyport'
import { count, tell } from '../output.js'

/** How much of what was shown no checkpoint vouches for. */
export class Unproven {
  #unproven = 0
  #shown = 0

  noted(page: AuditPage): AuditPage {
    this.#unproven += page.unproven ?? 0
    this.#shown += page.items.length
    return page
  }

  /** Anybody who can add to a trail can fill a page of it. */
  tell(): void {
    if (this.#unproven === 0) return
    tell(
      `${String(this.#unproven)} of ${count(this.#shown, 'event')} unproven: no checkpoint of a --public-key vouches for them, and they take the places of others. Leave them out: --proven`,
    )
  }
}
