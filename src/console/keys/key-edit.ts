import type { ApiKey } from '../../keys/record.js'
import type { UpdateKeyInput } from '../../keys/update.js'
import type { Fields, Form } from '../web/form.js'
import { mergedWith, SEEN_FIELD, seenIn } from '../web/seen.js'
import { linesOf, NOTES, notesOf } from './new-key.js'

const EDITED = ['name', 'description', 'stored_in', 'allowedIps'] as const
type Edited = (typeof EDITED)[number]

export const EDIT_FIELDS: Fields = {
  ...{ name: 'one', description: 'one', stored_in: 'one', allowedIps: 'one', [SEEN_FIELD]: 'one' },
}

/** What the field of addresses has for an empty list: an empty field is no list. */
const NOWHERE = 'none'

/** What the form shows of a key, and what it says that it has shown. */
export interface ShownKey {
  readonly texts: Form
  readonly seen: string
}

/** What the form has of a key now. */
export function shownOf(key: ApiKey): ShownKey {
  const texts = new Map(EDITED.map((name) => [name as string, textOf(key, name)]))
  return { texts: formOf(texts), seen: seenIn([...texts.values()]) }
}

export interface KeyEdit {
  /** Only what the person has changed. */
  readonly input: UpdateKeyInput
  /** Fields that somebody else has changed meanwhile to something else. */
  readonly conflicts: readonly Edited[]
  /** What the person wants, and of the rest what there is now. */
  readonly merged: Form
}

/** What a form would change of a key: nothing that the person has left as the page has shown it. */
export function editOf(key: ApiKey, sent: Form, { texts: now }: ShownKey): KeyEdit {
  const merged = new Map<string, string>()
  const changed = new Set<Edited>()
  const conflicts: Edited[] = []
  for (const [at, name] of EDITED.entries()) {
    const text = sentText(sent, name)
    const what = mergedWith(sent.get(SEEN_FIELD), at, { sent: text, now: now.get(name) })
    merged.set(name, what === 'stays' ? now.get(name) : text)
    if (what === 'changes') changed.add(name)
    if (what === 'conflicts') conflicts.push(name)
  }
  const input = {
    ...(changed.has('name') && { name: sent.get('name') }),
    ...(NOTES.some((note) => changed.has(note)) && { metadata: metadataOf(key, sent, changed) }),
    ...(changed.has('allowedIps') && { allowedIps: addressesIn(sent.get('allowedIps')) }),
  }
  return { input, conflicts, merged: formOf(merged) }
}

function metadataOf({ metadata }: ApiKey, sent: Form, changed: ReadonlySet<Edited>) {
  const ours: readonly string[] = NOTES.filter((note) => changed.has(note))
  const isOurs = ([name]: readonly [string, unknown]) => ours.includes(name)
  const others = Object.entries(metadata).filter((member) => !isOurs(member))
  return Object.fromEntries([...others, ...Object.entries(notesOf(sent)).filter(isOurs)])
}

/** As a browser sends it, if nobody types: a field of one line has no ends of lines. */
function textOf(key: ApiKey, name: Edited): string {
  if (name === 'allowedIps') return linesFor(key.allowedIps)
  const noted = name === 'name' ? key.name : key.metadata[name]
  const text = typeof noted === 'string' ? noted : ''
  return (
    name === 'description' ? text.replace(/\r\n?/g, '\n') : text.replace(/[\r\n]+/g, '')
  ).trim()
}

function sentText(sent: Form, name: Edited): string {
  const text = sent.get(name)
  return name === 'allowedIps' ? linesFor(addressesIn(text) ?? undefined) : text
}

function linesFor(addresses: readonly string[] | undefined): string {
  return addresses?.length === 0 ? NOWHERE : (addresses ?? []).join('\n')
}

/** `null`: from anywhere. */
function addressesIn(text: string): readonly string[] | null {
  const lines = linesOf(text)
  if (lines.length === 1 && lines[0]?.toLowerCase() === NOWHERE) return []
  return lines.length === 0 ? null : lines
}

function formOf(texts: ReadonlyMap<string, string>): Form {
  const get = (name: string) => texts.get(name) ?? ''
  return { get, all: (name) => [get(name)].filter(Boolean) }
}
