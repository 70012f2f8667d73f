/** Makes keys and tells of them, to be killed: `node killed <database> <file of what was told>`. Prints the id of each key that is committed. */
import { appendFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { createGate } from 'sallyport'
import { openSqliteKeyStore } from 'sallyport/sqlite'

const [database = '', told = ''] = process.argv.slice(2)
const store = await openSqliteKeyStore(database)
const gate = createGate({
  ...{ environment: 'live', keys: { prefix: 'acme', store }, scopes: [] },
  async notify({ id, type, data }) {
    // Most are killed here: after the commit, and before anybody was told.
    await pause(Math.random() * 20)
    appendFileSync(told, `${id} ${type} ${String(data['id'])}\n`)
  },
  onError: () => undefined,
})
await gate.events.run()
void (async () => {
  for (;;) {
    await gate.events.run()
    await pause(1)
  }
})()
for (;;) {
  const { id } = await gate.keys.create({ name: 'CI', ownerId: 'org_1' })
  await gate.keys.revoke(id)
  console.log(id)
  await pause(1)
}
