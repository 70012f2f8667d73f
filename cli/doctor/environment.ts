import { accessSync, constants, statSync } from 'node:fs'
import { isIP } from 'node:net'
import { plain } from '../output.js'
import { failed, ok, warning, type Finding } from './check.js'

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isGood = major === 20 ? minor >= 19 : major > 22 || (major === 22 && minor >= 12)
  return isGood
    ? ok('Node', version)
    : failed('Node', version, 'Use Node 20.19 or later in the 20 line, or 22.12 or later.')
}

export function checkNodeEnv(value: string | undefined): Finding {
  if (value === 'production') return ok('NODE_ENV', value)
  return warning(
    'NODE_ENV',
    value ? plain(value) : 'not set',
    'Set NODE_ENV=production where your API serves others: else it runs in development mode, where plain HTTP from this machine is accepted, and issuers and webhooks may be asked without TLS.',
  )
}

/** The directory of an audit log in files. */
export function checkDirectory(path: string): readonly Finding[] {
  const check = 'audit directory'
  const name = plain(path)
  let mode: number
  try {
    const stat = statSync(path)
    if (!stat.isDirectory()) return [failed(check, `${name} is no directory`, 'Give a directory.')]
    mode = stat.mode
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const detail = isMissing ? `${name} does not exist` : `${name} cannot be looked at`
    return [failed(check, detail, `Run as your API's user: mkdir -m 700 ${name}`)]
  }
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
  } catch {
    return [failed(check, `${name} is not writable`, 'Give it to the user that your API runs as.')]
  }
  if ((mode & 0o077) === 0) return [ok(check, `${name} is writable, and closed to others`)]
  const detail = `${name} has mode ${(mode & 0o777).toString(8)}: others on this machine get in`
  return [warning(check, detail, `Run: chmod 700 ${name}`)]
}

/** What stands for networks in `trustProxy`. */
const NAMED = ['loopback', 'linklocal', 'uniquelocal', 'unix']

/** What `trustProxy` has, one address or network each. */
export function checkProxies(networks: readonly string[]): readonly Finding[] {
  return networks.map((network) => {
    const check = `trustProxy ${plain(network)}`
    if (NAMED.includes(network)) return ok(check, 'a network with a name')
    const [address = '', bits, more] = network.split('/')
    const family = isIP(address)
    const length = bits === undefined ? Infinity : Number(bits)
    const isWhole =
      bits === undefined || (/^\d{1,3}$/.test(bits) && length <= (family === 4 ? 32 : 128))
    if (family === 0 || !isWhole || more !== undefined) {
      return failed(check, 'no address and no network', "Write it like '10.0.0.0/8'.")
    }
    if (length === 0) {
      return failed(
        check,
        'trusts every client: each may write X-Forwarded-For itself',
        'List the addresses of your proxies.',
      )
    }
    if (length >= (family === 4 ? 8 : 16)) return ok(check, 'a bounded network')
    return warning(check, 'a very large network', 'List the networks of your proxies alone.')
  })
}
