import type { Command } from 'commander'
import type { Ended } from '../exit.js'
import { addPrune } from './prune.js'
import { addVerify } from './verify.js'

export function addAudit(program: Command, ended: Ended): void {
  const audit = program
    .command('audit')
    .description('Verifies and prunes the files of an audit trail.')
  addVerify(audit, ended)
  addPrune(audit)
}
