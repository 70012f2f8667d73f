/** Runs the contenders in turn, round after round, and gives each one's median of CPU nanoseconds per call. */
export function medianCost(contenders, { rounds, calls }) {
  const costs = new Map(Object.keys(contenders).map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(contenders)) {
      const start = process.cpuUsage()
      for (let call = 0; call < calls; call++) run()
      const { user, system } = process.cpuUsage(start)
      // The first round warms up.
      if (round > 0) costs.get(name).push(((user + system) * 1_000) / calls)
    }
  }
  return new Map([...costs].map(([name, values]) => [name, median(values)]))
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}

/**
 * Microseconds per call, for calls one after the other, each with its argument: by the clock the median, for most calls are not interrupted
 * by what else the machine does; of this process the mean.
 */
export async function timeCalls(run, given) {
  const wall = []
  const cpu = process.cpuUsage()
  for (const each of given) {
    const start = process.hrtime.bigint()
    const answer = run(each)
    // What is answered at once is not waited for.
    if (typeof answer?.then === 'function') await answer
    wall.push(Number(process.hrtime.bigint() - start) / 1_000)
  }
  const { user, system } = process.cpuUsage(cpu)
  return { wall: median(wall), cpu: (user + system) / given.length }
}
