import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Stands between a client and a server, and can swallow what they send each other without a word. */
export interface Proxy {
  readonly port: number
  swallow(): void
  /** Passes everything on again; connections that have lost something are cut, as TCP does. */
  mend(): void
  /** The next answer of the server is lost, and its connection is cut. */
  cutAnswer(): void
  /** From now on, connections go to another server; those that there are end. */
  redirect(port: number): void
  close(): void
}

export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const spoilt = new Set<Socket>()
  let swallowing = false
  let cutting = false
  let port = target

  function join(from: Socket, to: Socket, isAnswer: boolean): void {
    sockets.add(from)
    from.on('data', (data) => {
      if (cutting && isAnswer) {
        cutting = false
        from.destroy()
      } else if (swallowing) spoilt.add(from)
      else to.write(data)
    })
    from.on('error', () => undefined)
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
  }

  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    join(near, far, false)
    join(far, near, true)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    swallow() {
      swallowing = true
    },
    mend() {
      swallowing = false
      for (const socket of spoilt) socket.destroy()
      spoilt.clear()
    },
    cutAnswer() {
      cutting = true
    },
    redirect(next) {
      port = next
      for (const socket of sockets) socket.destroy()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
