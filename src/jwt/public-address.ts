import { createAddressRules } from '../http/networks.js'
import { lazily } from '../lib/lazily.js'

/** 2000::/3 is all that has been given out of IPv6 (RFC 4291 section 2.4). */
const GIVEN_OUT = lazily(() => createAddressRules(['0.0.0.0/0', '2000::/3']))

/** What of it is for something else than hosts of the Internet (RFC 6890, and the registries of IANA that it began). */
const SET_ASIDE = lazily(() =>
  createAddressRules([
    // This network, private ones, those behind carriers, this machine, this link.
    ...['0.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
    ...['100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
    // Protocols, examples, benchmarks; relays of 6to4, AMT and AS112.
    ...['192.0.0.0/24', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '198.18.0.0/15'],
    ...['192.88.99.0/24', '192.52.193.0/24', '192.31.196.0/24', '192.175.48.0/24'],
    // Multicast, and what is kept for later.
    ...['224.0.0.0/4', '240.0.0.0/4'],
    // Protocols, among them Teredo and ORCHID; examples; 6to4; AS112.
    ...['2001::/23', '2001:db8::/32', '3fff::/20', '2002::/16', '2620:4f:8000::/48'],
  ]),
)

/** Whether this is an address of the public Internet. */
export function isPublic(address: string): boolean {
  return GIVEN_OUT().includes(address) && !SET_ASIDE().includes(address)
}
