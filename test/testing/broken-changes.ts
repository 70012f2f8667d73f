import { gap, patching, without, type Broken } from './faults.js'

/** Stores that change or rotate badly. */
export const BROKEN_CHANGES: readonly Broken[] = [
  [
    'keeps what is to be taken away',
    patching((patch) => {
      const kept = Object.entries(patch).filter(([, value]) => value !== null)
      return Object.fromEntries(kept)
    }),
    ['update'],
  ],
  [
    'forgets a field of a patch',
    patching((patch) => without(patch, 'revocationReason')),
    ['update-everything'],
  ],
  [
    'still finds a key under the digest that it had',
    (memory) => {
      const before = new Map<string, string>()
      return {
        update: (id, patch, version) => {
          const digest = memory.findById(id)?.digest
          if (digest !== undefined && patch.digest !== undefined) before.set(digest, id)
          return memory.update(id, patch, version)
        },
        findByDigest: (digest) =>
          memory.findByDigest(digest) ?? memory.findById(before.get(digest) ?? ''),
      }
    },
    ['update-digest'],
  ],
  [
    'leaves out a digest that is taken, and applies the rest',
    (memory) => ({
      update: (id, patch, version) => {
        const taken = patch.digest !== undefined && memory.findByDigest(patch.digest)
        return memory.update(id, taken ? without(patch, 'digest') : patch, version)
      },
    }),
    ['update-digest-taken'],
  ],
  [
    'loses an update: the version is not compared',
    (memory) => ({
      update: (id, patch) => memory.update(id, patch, memory.findById(id)?.version ?? 0),
    }),
    ['lost-update', 'rotate-at-once', 'feed-refused'],
  ],
  [
    'loses an update: the version is compared first, and the row written later',
    (memory) => ({
      update: async (id, patch, version) => {
        if (memory.findById(id)?.version !== version) return false
        await gap()
        return memory.update(id, patch, memory.findById(id)?.version ?? 0)
      },
    }),
    ['lost-update', 'rotate-at-once'],
  ],
  [
    'says that it updated what is not there',
    (memory) => ({
      update: (id, patch, version) =>
        memory.findById(id) === undefined || memory.update(id, patch, version),
    }),
    ['update-unknown'],
  ],
  [
    'makes several updates one after the other, up to the first that fails',
    (memory) => ({
      updateAll: (changes) =>
        changes.every(({ id, patch, expectedVersion }) =>
          memory.update(id, patch, expectedVersion ?? NaN),
        ),
    }),
    ['update-all-or-none'],
  ],
  [
    'makes only the first of several updates',
    (memory) => ({ updateAll: (changes) => memory.updateAll(changes.slice(0, 1)) }),
    ['update-all', 'update-all-or-none', 'feed-update-all'],
  ],
  [
    'rotates without a link to the successor',
    (memory) => ({
      rotate: (id, version, endsAt, successor) => {
        const done = memory.update(id, { expiresAt: endsAt }, version)
        if (done) memory.insert(successor)
        return done
      },
    }),
    ['rotate', 'rotate-atomic', 'outbox-changes'],
  ],
  [
    'rotates in two steps, the successor first',
    (memory) => ({
      rotate: (id, version, endsAt, successor) => {
        memory.insert(successor)
        const links = { rotatedTo: successor.id, rotatedAt: successor.createdAt }
        return memory.update(id, { expiresAt: endsAt, ...links }, version)
      },
    }),
    ['rotate-atomic', 'rotate-unknown', 'rotate-at-once'],
  ],
  [
    'rotates in two steps, the successor last and a moment later',
    (memory) => ({
      rotate: async (id, version, endsAt, successor) => {
        if (memory.findById(id)?.version !== version) return false
        await gap()
        memory.insert(successor)
        const links = { rotatedTo: successor.id, rotatedAt: successor.createdAt }
        return memory.update(id, { expiresAt: endsAt, ...links }, version)
      },
    }),
    ['rotate-at-once'],
  ],
]
