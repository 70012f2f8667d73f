import { constants, promises } from 'node:fs'

type Handle = Awaited<ReturnType<typeof promises.open>>

/** What a disk does. `full`: takes half of what it is given. */
export type DiskState = 'sound' | 'full' | 'fsync fails' | 'read-only' | 'hangs' | 'out of handles'

/** Takes the place of what `node:fs` opens, until it is repaired. */
export interface Disk {
  state: DiskState
  repair(): void
}

export function spoilDisk(): Disk {
  const { open } = promises
  const held: (() => void)[] = []
  let state: DiskState = 'sound'
  const disk: Disk = {
    get state() {
      return state
    },
    set state(next) {
      state = next
      for (const go of held.splice(0)) go()
    },
    repair() {
      disk.state = 'sound'
      promises.open = open
    },
  }
  const fail = (code: string) => Promise.reject(Object.assign(new Error(code), { code }))
  const untilNext = () => new Promise<void>((resolve) => held.push(resolve))

  promises.open = async (...given) => {
    const [, flags = 'r'] = given
    const { O_WRONLY, O_RDWR } = constants
    const writes = typeof flags === 'number' ? (flags & (O_WRONLY | O_RDWR)) !== 0 : flags !== 'r'
    if (disk.state === 'read-only' && writes) return fail('EROFS')
    if (disk.state === 'out of handles') return fail('EMFILE')
    return wrapped(await open(...given))
  }

  function wrapped(handle: Handle): Handle {
    return new Proxy(handle, {
      get(target, name) {
        if (name === 'write') return write
        if (name === 'datasync') return datasync
        const member: unknown = Reflect.get(target, name, target)
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    })

    async function write(bytes: Buffer, at: number) {
      if (disk.state === 'read-only') return fail('EROFS')
      if (disk.state === 'hangs') await untilNext()
      if (disk.state !== 'full') return handle.write(bytes, at)
      if (at > 0) return fail('ENOSPC')
      return handle.write(bytes, 0, Math.ceil(bytes.length / 2))
    }

    async function datasync() {
      if (disk.state === 'fsync fails') return fail('EIO')
      return handle.datasync()
    }
  }
  return disk
}
