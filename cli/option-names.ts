/** What the library calls a member of its input, and the option that it came from. */
const OPTIONS = new Map([
  ['allowedIps', '--allow-ip'],
  ['audit.key', 'SALLYPORT_AUDIT_KEY_FILE'],
  ['environment', '--environment'],
  ['expiresAt', '--expires'],
  ['gracePeriod', '--grace'],
  ['keys.prefix', '--prefix'],
  ['keys.rotateAfter', '--rotate-after'],
  ['limit', '--limit'],
  ['metadata', '--metadata'],
  ['name', '--name'],
  ['ownerId', '--owner'],
  ['plan', '--plan'],
  ['resources', '--resource'],
  ['scopes', '--scope'],
  ['tenantIds', '--tenant'],
])

/** A message that begins with the name of a member, or of one entry of it, with the name of its option instead. */
export function withOptionNames(message: string): string {
  return message.replace(
    /^'([A-Za-z.]+?)(?:\.\d+)?'/,
    (whole, member: string) => OPTIONS.get(member) ?? whole,
  )
}
