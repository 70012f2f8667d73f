import { MisuseError } from '../../src/index.js'

/** Loads the package pg, which only apps with PostgreSQL have. @throws {MisuseError} `not_supported` where it is not installed */
export async function loadDriver() {
  try {
    return await import('pg')
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new MisuseError('not_supported', 'openPostgres: it needs the package pg: npm install pg')
  }
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}
