import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, test } from '@jest/globals'
import { EXIT } from '../../cli/exit.js'
import { createProgram } from '../../cli/program.js'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8')
const program = createProgram(() => undefined)

/** Commands that do something, by what is typed for them. */
function commandsOf(command: Command, before = ''): (readonly [string, Command])[] {
  const name = `${before}${command.name()}`
  if (command.commands.length === 0) return [[name, command]]
  return command.commands.flatMap((each) => commandsOf(each, `${name} `))
}
const COMMANDS = commandsOf(program)

function sectionOf(title: string): string {
  return PAGE.split(/^## /m).find((section) => section.startsWith(`${title}\n`)) ?? ''
}

/** The first cells of the table of a section. */
function rowsOf(title: string): string[] {
  const rows = sectionOf(title).matchAll(/^\| `?([^|`]+?)`? +\| /gm)
  return [...rows]
    .map(([, cell = '']) => cell)
    .filter((cell) => !/^(?:-+|option|name|code)$/.test(cell))
}

describe('docs/cli.md has everything, and nothing else:', () => {
  test('commands', () => {
    const named = [...PAGE.matchAll(/^## (sallyport .+)$/gm)].map(([, name]) => name)
    expect(named.sort()).toEqual(COMMANDS.map(([name]) => name).sort())
  })

  test.each(COMMANDS)('options of %s', (name, command) => {
    expect(rowsOf(name).sort()).toEqual(command.options.map(({ flags }) => flags).sort())
  })

  test('exit codes', () => {
    expect(rowsOf('Exit codes').map(Number)).toEqual(Object.values(EXIT))
  })

  test('the environment', () => {
    const sources = readdirSync(join(ROOT, 'cli'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(ROOT, 'cli', file), 'utf8'))
    const used = new Set(sources.join('\n').match(/\bSALLYPORT_\w+/g))
    expect(rowsOf('Settings').sort()).toEqual([...used].sort())
  })
})

test.each(COMMANDS)('the help of %s has examples, which can be parsed', (name, command) => {
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
  const [, examples = ''] = help.split('\nExamples:\n')
  const lines = examples.replaceAll('\\\n', '').split('\n')
  const typed = lines.flatMap((line) => {
    const [, part] = /(sallyport [^|>)]+)/.exec(line) ?? []
    return part === undefined ? [] : [part]
  })
  expect(typed.length).toBeGreaterThan(0)
  for (const each of typed) {
    expect(each).toMatch(new RegExp(`^${name}\\b`))
    const flags = each.match(/--[a-z-]+/g) ?? []
    const known = command.options.map(({ long }) => long)
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([])
  }
})
