import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { cachedPath, writeCached } from '../../cached.js'

/** A new database in PGlite. It begins as a copy of an empty one, which is kept: to make one takes seconds of a core. */
export async function openEmbedded(): Promise<PGlite> {
  const path = cachedPath(`pglite-${versionOfPglite()}.tar`)
  if (!existsSync(path)) await keepEmpty(path)
  return PGlite.create({ loadDataDir: new Blob([readFileSync(path)]) })
}

async function keepEmpty(path: string): Promise<void> {
  const empty = await PGlite.create()
  const files = await empty.dumpDataDir('none')
  await empty.close()
  writeCached(path, new Uint8Array(await files.arrayBuffer()))
}

/** By the package that the tests import: one version does not open the files of another. */
function versionOfPglite(): string {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const { version } = JSON.parse(
    readFileSync(resolve(dirname(main), '../package.json'), 'utf8'),
  ) as { version: string }
  return version
}
