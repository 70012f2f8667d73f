import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { clockFinding, failed, ok, warning, type Finding } from './check.js'

const TIMEOUT_MS = 5_000
/** Characters of an answer: anything may listen there. */
const MAX_ANSWER = 65_536

/** Asks a Redis or a Valkey, without a client library. */
export async function checkRedis(url: string): Promise<readonly Finding[]> {
  let target: URL
  try {
    target = new URL(url)
    if (!/^rediss?:$/.test(target.protocol)) throw new TypeError()
  } catch {
    return [
      failed('Redis', '--redis is no redis:// URL', "Write it like 'redis://127.0.0.1:6379'."),
    ]
  }
  try {
    const before = Date.now()
    const time = await ask(target, ['TIME'])
    const after = Date.now()
    const policy = await ask(target, ['CONFIG', 'GET', 'maxmemory-policy']).catch(() => [])
    const [seconds = 0, micros = 0] = time.map(Number)
    return [
      ok('Redis', `reachable at ${target.host}`),
      policyFinding(policy[1]),
      clockFinding('Redis clock', seconds * 1_000 + micros / 1_000, before, after),
    ]
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    const advice = 'Start it, or correct the URL, the user or the password.'
    return [failed('Redis', `${target.host}: ${message || (code ?? 'no answer')}`, advice)]
  }
}

function policyFinding(policy: string | undefined): Finding {
  const check = 'Redis maxmemory-policy'
  if (policy === 'noeviction') return ok(check, policy)
  if (policy === undefined) {
    return warning(check, 'this user may not read it', 'Check that it is noeviction.')
  }
  return failed(
    check,
    `${policy}: counts of limits and revoked tokens may be thrown away`,
    'Set maxmemory-policy noeviction.',
  )
}

/** The texts of one answer. */
function ask(target: URL, words: readonly string[]): Promise<string[]> {
  const { hostname, port, username, password, protocol } = target
  const host = hostname.replace(/^\[|\]$/g, '')
  const at = { host, port: Number(port) || 6379 }
  const login = ['AUTH', ...[username, password].map(decodeURIComponent).filter(Boolean)]
  const commands = password ? [login, words] : [words]
  return new Promise((resolve, reject) => {
    const socket = protocol === 'rediss:' ? connectTls({ ...at, servername: host }) : connect(at)
    const fail = (error: Error) => {
      socket.destroy()
      reject(error)
    }
    let text = ''
    // In all: what writes a little now and then does not end.
    const timer = setTimeout(() => {
      fail(new Error('no answer'))
    }, TIMEOUT_MS)
    socket.on('close', () => {
      clearTimeout(timer)
    })
    socket.on('error', fail)
    socket.on('end', () => {
      fail(new Error('the connection was closed'))
    })
    socket.on('data', (piece: Buffer) => {
      text += piece.toString()
      if (text.length > MAX_ANSWER) fail(new Error('what it answers is not of a Redis'))
      const error = /^-(.*)\r\n/m.exec(text)
      if (error) fail(new Error(error[1]))
      const answer = text.slice(password ? text.indexOf('\r\n') + 2 : 0)
      const values = answer.split('\r\n').filter((line) => line !== '' && !/^[*$]/.test(line))
      const [, wanted] = /^\*(\d+)\r\n/.exec(answer) ?? []
      if (wanted === undefined || values.length < Number(wanted) || !answer.endsWith('\r\n')) return
      socket.destroy()
      resolve(values)
    })
    socket.write(commands.map(encode).join(''))
  })
}

function encode(words: readonly string[]): string {
  const parts = words.map((word) => `$${String(Buffer.byteLength(word))}\r\n${word}\r\n`)
  return `*${String(words.length)}\r\n${parts.join('')}`
}
