import { startProxy } from './proxy.js'
import { startRedis } from './server.js'

/** A server of its own, behind a proxy that can lose what is sent. */
export type Site = Awaited<ReturnType<typeof openSite>>

export async function openSite() {
  const server = await startRedis()
  const proxy = await startProxy(server.port)
  return { server, proxy, url: `redis://127.0.0.1:${String(proxy.port)}` }
}
