import { sourceOf } from 'sallyport'

/** Of so many addresses it is told apart how often each was denied. */
const MAX_SOURCES = 1_000
/** Of one IPv6 network of 48 bits, which one customer may have; those beyond are counted as the network. */
const MAX_OF_NETWORK = 64

/** Where denied requests came from, with how often. One caller with many addresses leaves room for those of others. */
export class Sources {
  readonly counts = new Map<string, number>()
  readonly #ofNetwork = new Map<string, number>()
  /** Of which nothing is proven. */
  readonly #doubtful = new Set<string>()

  add(client: string, count: number, isProven: boolean): void {
    const name = this.#nameOf(client)
    if (isProven) this.#doubtful.delete(name)
    if (!this.counts.has(name)) {
      if (this.counts.size >= MAX_SOURCES && !(isProven && this.#makeRoom())) return
      this.#change(client, 1)
      if (!isProven) this.#doubtful.add(name)
    }
    this.counts.set(name, (this.counts.get(name) ?? 0) + count)
  }

  /** Anybody who can add to a trail can name any addresses: a proven one takes the place of such a one. */
  #makeRoom(): boolean {
    const [other] = this.#doubtful
    if (other === undefined) return false
    this.#doubtful.delete(other)
    this.counts.delete(other)
    this.#change(other, -1)
    return true
  }

  #nameOf(client: string): string {
    const network = networkOf(client)
    if (network === undefined || this.counts.has(client)) return client
    return (this.#ofNetwork.get(network) ?? 0) < MAX_OF_NETWORK ? client : network
  }

  #change(client: string, by: number): void {
    const network = networkOf(client)
    if (network !== undefined)
      this.#ofNetwork.set(network, (this.#ofNetwork.get(network) ?? 0) + by)
  }
}

/** `2001:db8:1::/48`; `undefined` for what is no IPv6 address. */
function networkOf(client: string): string | undefined {
  const source = sourceOf(client)
  if (source?.family !== 'v6') return undefined
  const bytes = source.block.split('.').map(Number)
  const groups = [0, 2, 4].map((at) => ((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0)).toString(16))
  return `${groups.join(':')}::/48`
}
