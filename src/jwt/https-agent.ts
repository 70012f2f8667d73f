import { lookup } from 'node:dns'
import { Agent as PlainAgent } from 'node:http'
import { Agent } from 'node:https'
import { Socket, type LookupFunction } from 'node:net'

/** Whether an address may be connected to. */
export type AddressCheck = (address: string) => boolean

/** How long a connection is kept open for the next request: as long as Node's own agent does. */
const IDLE_MS = 5_000

/**
 * An agent whose connections all go to addresses that `allows` accepts. It checks the addresses that a name resolves to, and then the address of the
 * socket itself. Only one rule of addresses may use an agent: it hands out sockets again without another check. It takes nothing over from the
 * global agent of the process, neither its open sockets nor its settings.
 */
export function createHttpsAgent(allows: AddressCheck): Agent {
  return checked(new Agent(optionsFor(allows)), allows)
}

/** The same without TLS. */
export function createPlainAgent(allows: AddressCheck): PlainAgent {
  return checked(new PlainAgent(optionsFor(allows)), allows)
}

function optionsFor(allows: AddressCheck) {
  return { keepAlive: true, timeout: IDLE_MS, lookup: checkedLookup(allows) }
}

/** Each socket that the agent opens is checked once it is connected. */
function checked<A extends PlainAgent>(agent: A, allows: AddressCheck): A {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (...given) => {
    const socket = connect(...given)
    if (socket instanceof Socket) checkOnConnect(socket, allows)
    return socket
  }
  return agent
}

/** Before TLS begins: nothing has been sent. */
function checkOnConnect(socket: Socket, allows: AddressCheck): void {
  socket.prependOnceListener('connect', () => {
    const { remoteAddress } = socket
    if (remoteAddress === undefined || !allows(remoteAddress)) socket.destroy(privateAddress())
  })
}

export function privateAddress(): Error {
  return new Error(
    "its server is at a private address; set 'allowPrivateAddresses' if that is meant",
  )
}

function checkedLookup(allows: AddressCheck): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = error === null ? addresses : []
      if (first === undefined) callback(error ?? new Error('its server has no address'), [])
      else if (!addresses.every(({ address }) => allows(address))) callback(privateAddress(), [])
      else if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}
