import type { Command } from 'commander'
import { addApprove, addEnds, addRefusals } from './decide.js'
import { addAccessList } from './list.js'

export function addAccess(program: Command): void {
  const access = program
    .command('access')
    .description('Lists requests for access, and decides them.')
  addAccessList(access)
  addApprove(access)
  addRefusals(access)
  addEnds(access)
}
