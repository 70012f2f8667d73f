import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The root of the project. */
export const HOME = process.cwd()

/** Calls `use` with a temporary folder and the package in it, as npm publishes it. */
export async function withTarball(use) {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-package-'))
  try {
    run(HOME, 'npm', 'pack', '--silent', '--pack-destination', folder)
    const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '')
    await use(tarball, folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A project of its own, with these packages and files. */
export function project(folder, name, packages, files = {}) {
  const at = join(folder, name)
  mkdirSync(at)
  for (const [file, text] of Object.entries({ 'package.json': '{ "private": true }', ...files }))
    writeFileSync(join(at, file), text)
  const quietly = ['--silent', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts']
  if (packages.length > 0) run(at, 'npm', 'install', ...quietly, ...packages)
  return at
}

export function run(cwd, command, ...args) {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
}
