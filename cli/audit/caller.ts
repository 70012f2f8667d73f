import type { CallerFacts } from 'sallyport'

/** A caller for people: a key, a user with the client that it uses, a client, or the app. With its issuer, it is one of several of that name. */
export function callerName({ keyId, subject, clientId, app }: CallerFacts): string | undefined {
  if (keyId !== undefined) return keyId
  if (app === true) return subject ?? 'the app'
  if (subject === undefined) return clientId === undefined ? undefined : `client ${clientId}`
  return clientId === undefined ? subject : `${subject} (client ${clientId})`
}
