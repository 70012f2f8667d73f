import type { Command } from 'commander'
import type { Ended } from '../exit.js'
import { addCreate } from './create.js'
import { addDue } from './due.js'
import { addFind } from './find.js'
import { addGet } from './get.js'
import { addImport } from './import.js'
import { addList } from './list.js'
import { addRemind } from './remind.js'
import { addRevoke } from './revoke.js'
import { addRotate } from './rotate.js'
import { addUpdate } from './update.js'
import { addUsage } from './usage.js'

export function addKeys(program: Command, ended: Ended): void {
  const keys = program.command('keys').description('Creates, finds, changes and revokes keys.')
  addCreate(keys)
  addList(keys)
  addGet(keys)
  addFind(keys, ended)
  addUpdate(keys)
  addRotate(keys)
  addRevoke(keys)
  addImport(keys, ended)
  addDue(keys)
  addRemind(keys)
  addUsage(keys)
}
