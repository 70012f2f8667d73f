import type { Command } from 'commander'
import type { Ended } from '../exit.js'
import { addCreate } from './create.js'
import { addDue } from './due.js'
import { addImport } from './import.js'
import { addList } from './list.js'
import { addRevoke } from './revoke.js'
import { addRotate } from './rotate.js'
import { addShow } from './show.js'

export function addKeys(program: Command, ended: Ended): void {
  const keys = program.command('keys').description('Creates, shows and ends keys.')
  addCreate(keys)
  addList(keys)
  addShow(keys)
  addRotate(keys)
  addRevoke(keys)
  addImport(keys, ended)
  addDue(keys)
}
