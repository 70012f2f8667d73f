import { Agent } from 'node:https'

const ORIGINAL = Symbol.for('sallyport.test.createConnection')
const { prototype } = Agent
// Another suite of this process may have put one of these in its place.
if (!Object.hasOwn(prototype, ORIGINAL))
  Object.assign(prototype, { [ORIGINAL]: prototype.createConnection })
const createConnection = Reflect.get(prototype, ORIGINAL) as Agent['createConnection']

/**
 * From now on, HTTPS connections of this process trust this certificate; `undefined`: no more than the system does. The gate takes no settings from the global
 * agent, so they cannot say it there.
 */
export function trust(certificate: Buffer | undefined): void {
  const more = certificate === undefined ? {} : { ca: certificate }
  prototype.createConnection = function (options, callback) {
    return createConnection.call(this, { ...options, ...more }, callback)
  }
}
