import { connect, type Socket } from 'node:net'

/** What came back on the wire, without what differs from answer to answer. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const OF_THE_CONNECTION = ['date', 'connection', 'keep-alive']

/** Sends lines exactly as they are and reads until the server closes. */
export async function sendRaw(
  port: number,
  lines: readonly string[],
  body = '',
): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1')
  socket.end([...lines, 'Connection: close', '', body].join('\r\n'))
  const [head = '', ...rest] = (await received(socket)).split('\r\n\r\n')
  const [statusLine = '', ...fields] = head.split('\r\n')
  const headers: Record<string, string> = {}
  for (const field of fields) {
    const [name = '', ...value] = field.split(':')
    if (!OF_THE_CONNECTION.includes(name.toLowerCase())) {
      headers[name.toLowerCase()] = value.join(':').trim()
    }
  }
  return { status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n') }
}

/** A server that has answered before it had read everything may reset the connection afterwards. */
async function received(socket: Socket): Promise<string> {
  let text = ''
  try {
    for await (const part of socket) text += String(part)
  } catch (error) {
    if (text === '') throw error
  }
  return text
}
