import type { ApiKey } from 'sallyport'
import { day, instant } from '../output.js'
import type { Column } from '../table.js'

/** What a list of keys shows of each. */
export function keyColumns({
  wide = false,
}: {
  readonly wide?: boolean
}): readonly Column<ApiKey>[] {
  const when = wide ? instant : day
  return [
    { title: 'ID', width: 26, whole: true, of: ({ id }) => id },
    { title: 'HINT', width: 7, whole: true, of: ({ hint }) => (wide ? hint : tailOf(hint)) },
    { title: 'NAME', width: 24, of: ({ name }) => name },
    { title: 'OWNER', width: 14, spare: 1, of: ({ ownerId }) => ownerId },
    { title: 'WHERE', width: 8, spare: 2, of: ({ environment }) => environment },
    { title: 'STATE', width: 8, whole: true, of: ({ state }) => state },
    {
      title: 'ENDS',
      width: 10,
      whole: true,
      spare: 3,
      of: ({ expiresAt }) => (expiresAt ? when(expiresAt) : '-'),
    },
    { title: 'SCOPES', width: 24, of: ({ scopes }) => scopes.join(' ') || '-' },
  ]
}

/** `...eSwg`: how most keys begin is the same. */
function tailOf(hint: string): string {
  return hint.slice(hint.lastIndexOf('...'))
}
