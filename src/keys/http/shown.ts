import type { ApiKey } from '../record.js'

/**
 * A key as those who manage the keys of its owner see it: with the caller that made it, so that they find what a leaked key has left behind. Of an operator, they are told
 * no more than that: it is no colleague of theirs. Members of `createdBy` that a later version stores are not shown for that reason.
 */
export function shownToManagers(key: ApiKey): object {
  const { keyId, issuer, subject, clientId, app, operator, name } = key.createdBy ?? {}
  const by = operator ? { operator } : { keyId, issuer, subject, clientId, app, name }
  const said = Object.entries(by).filter(([, value]) => value !== undefined)
  const shown = shownToHolder(key)
  return said.length === 0 ? shown : { ...shown, createdBy: Object.fromEntries(said) }
}

/** A key as whoever holds it sees it: it may be in the hands of a partner, whose business no colleague's name is. */
export function shownToHolder(key: ApiKey): object {
  const { createdBy: _by, disabledOverHttpAt: _at, metadataOverHttp: _names, ...rest } = key
  return rest
}
