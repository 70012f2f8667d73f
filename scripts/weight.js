/**
 * What a server pays for the package before its first request: `npm run weight` prints the size of two bundles, and the CPU time of a cold import with a gate
 * of keys, against that of Express. `node scripts/weight.js sizes FOLDER` prints the sizes alone, of a build in that folder, as JSON.
 */
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { build } from 'esbuild'

const ROUNDS = 9
const [what, folder = 'dist'] = process.argv.slice(2)
const from = (file) => JSON.stringify(resolve(folder, file))

const sizes = {
  gate: await sizeOf(`
    import { createGate } from ${from('index.js')}
    import { guard } from ${from('express.js')}
    globalThis.x = [createGate, guard]`),
  flatErrors: await sizeOf(`
    import { flatErrors } from ${from('index.js')}
    globalThis.x = flatErrors`),
}

if (what === 'sizes') console.log(JSON.stringify(sizes))
else {
  for (const [name, bytes] of Object.entries(sizes))
    console.log(`bundle of ${name}, minified: ${(bytes / 1000).toFixed(1)} kB`)
  const { nothing, express, gate } = cpuTimes({
    nothing: '',
    express: `(await import('express')).default()`,
    gate: `(await import(${from('index.js')})).createGate({ environment: 'live', keys: { prefix: 'hc' }, scopes: ['a'] })`,
  })
  const [own, peer] = [gate - nothing, express - nothing]
  console.log(
    `cold import and a gate of keys: ${own.toFixed(0)} ms of CPU, ${(own / peer).toFixed(2)} of Express (${peer.toFixed(0)} ms)`,
  )
}

/** In bytes. What is behind a dynamic import is in files of its own, and does not count. */
async function sizeOf(contents) {
  const { metafile } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    ...{ bundle: true, minify: true, splitting: true, metafile: true, write: false },
    ...{ platform: 'node', format: 'esm', outdir: 'out', external: ['express'] },
    logLevel: 'error',
  })
  const { outputs } = metafile
  const loaded = new Set(
    Object.keys(outputs).filter((file) => outputs[file].entryPoint === '<stdin>'),
  )
  for (const file of loaded) {
    for (const next of outputs[file].imports)
      if (next.kind === 'import-statement' && !next.external) loaded.add(next.path)
  }
  return [...loaded].reduce((sum, file) => sum + outputs[file].bytes, 0)
}

/** Medians in ms, of fresh processes that take turns. */
function cpuTimes(programs) {
  const times = new Map(Object.keys(programs).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, program] of Object.entries(programs)) times.get(name).push(cpuTime(program))
  return Object.fromEntries(
    [...times].map(([name, all]) => [name, all.sort((a, b) => a - b)[(ROUNDS - 1) / 2]]),
  )
}

function cpuTime(program) {
  const told = `${program}
    const { user, system } = process.cpuUsage()
    console.log((user + system) / 1000)
    process.exit()`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', told], {
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  })
  return Number(stdout.trim().split('\n').pop())
}
