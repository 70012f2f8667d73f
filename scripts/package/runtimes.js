/** The quick start of the README, as it stands but for its port, where apps run: Node, tsx, Bun and Deno. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { HOME, project, run } from './place.js'

const LISTENING = 'app.listen(3000)'
const RUNTIMES = [
  ['node', 'server.mjs'],
  ['npx', 'tsx', 'server.mts'],
  ['npx', 'bun', 'server.mts'],
  ['npx', 'deno', 'run', '--no-lock', '--allow-all', 'server.mts'],
]

export async function checkRuntimes(folder, tarball) {
  const code = quickStart()
  const app = project(folder, 'runtimes', [tarball, 'express@5', 'tsx', 'bun', 'deno'], {
    'server.mjs': code,
    'server.mts': code,
  })
  // Its program is put into place by its own script.
  run(app, 'npm', 'rebuild', '--silent', 'bun')
  for (const command of RUNTIMES) await answers(app, command)
}

/** It tells its port on standard output, and then its secret. */
function quickStart() {
  const readme = readFileSync(join(HOME, 'README.md'), 'utf8')
  const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(readme) ?? []
  const asked = `const server = app.listen(0)\nserver.once('listening', () => console.log(server.address().port))`
  return code.replace(LISTENING, asked)
}

async function answers(app, [command, ...args]) {
  const env = { ...process.env, NODE_ENV: '', NO_COLOR: '1' }
  const child = spawn(command, args, {
    cwd: app,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  const ended = once(child, 'exit')
  const lines = []
  for await (const line of createInterface(child.stdout)) {
    if (/^(?:\d+|hc_live_sk_\w+)$/.test(line)) lines.push(line)
    if (lines.length === 2) break
  }
  try {
    if (lines.length < 2) throw new Error(`${[command, ...args].join(' ')}: it did not start`)
    const [secret, port] = lines.sort((a, b) => b.length - a.length)
    const statuses = []
    for (const headers of [{}, { 'x-api-key': secret }]) {
      const response = await globalThis.fetch(`http://127.0.0.1:${port}/v1/patients`, { headers })
      statuses.push(response.status)
      await response.text()
    }
    const name = [command, ...args].join(' ')
    if (statuses.join() !== '401,200') throw new Error(`${name}: ${statuses.join()}`)
    console.log(`The quick start answers: ${name}`)
  } finally {
    // With what npx has started.
    if (child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    await ended
  }
}
