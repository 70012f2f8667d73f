/** The odd primes up to 167. */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
  103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
]

/** For each prime, the remainders of powers of 65,537. */
const RESIDUES = PRIMES.map((prime) => {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * (65_537 % prime)) % prime) {
    powers.add(power)
  }
  return [BigInt(prime), powers] as const
})

/**
 * Whether an RSA modulus comes from a generator of Infineon whose keys can be factored (CVE-2017-15361, "ROCA"): its remainders are powers of 65,537 for
 * all of these primes, as those of one in 200 million others are.
 */
export function isRoca(modulus: bigint): boolean {
  return RESIDUES.every(([prime, powers]) => powers.has(Number(modulus % prime)))
}
