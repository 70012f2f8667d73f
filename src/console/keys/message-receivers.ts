import type { Gate } from '../../gate/gate.js'
import type { PageRequest } from '../web/exchange.js'
import { gatesSeen } from './managed-keys.js'

/** Who gets the messages of a gate, as far as it can know. */
export function receiversOf(gate: Gate): string {
  const { notify = false, webhooks = 0 } = gate.describe().events ?? {}
  const endpoints = `${String(webhooks)} webhook ${webhooks === 1 ? 'endpoint' : 'endpoints'} of this API`
  const all = [
    ...(notify
      ? ['to the app that this console is part of, which passes them on, for example by email']
      : []),
    ...(webhooks > 0 ? [`to ${endpoints}`] : []),
  ]
  return `Messages go ${all.join(', and ')}.`
}

/** A gate that sends messages where the app says so for each organization: nothing is chosen here. */
export function answeringGate(asked: PageRequest): Gate | undefined {
  return gatesSeen(asked).find((gate) => gate.describe().events?.reminders === 'answered')
}
