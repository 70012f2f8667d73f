import crypto from 'node:crypto'
import { MisuseError, type verifyTrail } from 'sallyport'
import * as chain from '../../src/audit/chain.js'
import * as links from '../../src/audit/chain-links.js'
import * as chainRoom from '../../src/audit/chain-room.js'
import * as states from '../../src/audit/chain-states.js'
import * as doubles from '../../src/audit/duplicates.js'
import * as ends from '../../src/audit/start-records.js'
import * as pages from '../../src/audit/event-pages.js'
import * as fairRoom from '../../src/lib/fair-room.js'
import * as held from '../../src/audit/unproven-records.js'
import * as chainCheck from '../../src/audit/chain-check.js'
import * as report from '../../src/audit/trail-report.js'
import * as retention from '../../src/audit/retention.js'
import * as schema from '../../src/audit/schema.js'
import * as unread from '../../src/audit/unread.js'
import * as checkpointCheck from '../../src/audit/checkpoint-check.js'
import * as words from '../../src/audit/words.js'
import * as weight from '../../src/lib/weight.js'
import { mutate, type Mutation } from '../mutant.js'

type Verify = typeof verifyTrail
export type VerifyFile =
  | 'chain.ts'
  | 'chain-states.ts'
  | 'start-records.ts'
  | 'event-pages.ts'
  | 'chain-check.ts'
  | 'verify.ts'
  | 'checkpoint-check.ts'

const SAME: Mutation = ['const MAX_OPEN = ', 'const MAX_OPEN = ']
const SAME_CHAIN_CHECK: Mutation = ['class ChainCheck ', 'class ChainCheck ']
const SAME_CHECKPOINT_CHECK: Mutation = ['class CheckpointCheck ', 'class CheckpointCheck ']
const SAME_DOUBLES: Mutation = ['const MAX_LOOSE = ', 'const MAX_LOOSE = ']

/** `verifyTrail` where a line of its file, or of one that it imports, is other than it is. */
export function verifyWithout(without: Mutation, file: VerifyFile = 'verify.ts'): Verify {
  const known = new Map<string, object>([
    ['node:crypto', crypto],
    ['../core/errors.js', { MisuseError }],
    ['../lib/weight.js', weight],
    ['./chain.js', chain],
    ['./chain-links.js', links],
    ['./chain-room.js', chainRoom],
    ['./chain-states.js', states],
    ['./duplicates.js', doubles],
    ['./start-records.js', ends],
    ['./event-pages.js', pages],
    ['../lib/fair-room.js', fairRoom],
    ['./unproven-records.js', held],
    ['./chain-check.js', chainCheck],
    ['./trail-report.js', report],
    ['./retention.js', retention],
    ['./schema.js', schema],
    ['./unread.js', unread],
    ['./checkpoint-check.js', checkpointCheck],
    ['./words.js', words],
  ])
  if (file !== 'verify.ts') {
    known.set(`./${file.replace('.ts', '.js')}`, mutate(`audit/${file}`, without, known))
  }
  // These import some of the others.
  if (file === 'event-pages.ts')
    known.set('./duplicates.js', mutate('audit/duplicates.ts', SAME_DOUBLES, known))
  if (file !== 'checkpoint-check.ts')
    known.set(
      './checkpoint-check.js',
      mutate('audit/checkpoint-check.ts', SAME_CHECKPOINT_CHECK, known),
    )
  if (file !== 'chain-check.ts')
    known.set('./chain-check.js', mutate('audit/chain-check.ts', SAME_CHAIN_CHECK, known))
  const own = file === 'verify.ts' ? without : SAME
  const { verifyTrail: verify } = mutate('audit/verify.ts', own, known) as { verifyTrail: Verify }
  return verify
}
