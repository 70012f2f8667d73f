import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The program of a browser that can be run without a screen, if there is one. */
export const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
)

export interface Rendered {
  /** The page once it was laid out. */
  readonly dom: string
  /** What it said on its console, such as violations of its policy. */
  readonly said: readonly string[]
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-extensions',
  '--disable-background-networking',
  '--enable-logging=stderr',
  '--virtual-time-budget=2000',
]

/** Shows a page in a window of so many pixels, and takes a picture of it where `picture` says. */
export async function render(
  program: string,
  page: string,
  width: number,
  picture?: string,
): Promise<Rendered> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-browser-'))
  try {
    const file = join(folder, 'page.html')
    writeFileSync(file, page)
    const output = picture === undefined ? '--dump-dom' : `--screenshot=${picture}`
    const { stdout, stderr } = await promisify(execFile)(
      program,
      [
        ...FLAGS,
        `--user-data-dir=${join(folder, 'profile')}`,
        `--window-size=${String(width)},2600`,
        output,
        `file://${file}`,
      ],
      { maxBuffer: 16_777_216, timeout: 60_000 },
    )
    return { dom: stdout, said: stderr.split('\n').filter((line) => line.includes(':CONSOLE')) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
