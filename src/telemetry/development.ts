/** What this process has been warned of. */
const told = new Set<string>()

/**
 * Says once that something is for development, where nobody has said that this is development: an unset `NODE_ENV` counts as that.
 * @param where the function that was called @param what a sentence without its end, and without a secret
 */
export function warnOfDevelopment(where: string, what: string): void {
  if ((process.env['NODE_ENV'] ?? '') !== '' || told.has(where)) return
  told.add(where)
  process.emitWarning(
    `${where}: NODE_ENV is not set, which counts as development: ${what}, which is for development alone. Set NODE_ENV=production in the environment of your service. Where you develop, NODE_ENV=development ends this warning.`,
    { code: 'SALLYPORT_DEVELOPMENT' },
  )
}
