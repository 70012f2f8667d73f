import type { AccessRequest } from '../../access/access-store.js'
import { choiceField, form, select, textField, type Mistakes } from '../kit/fields.js'
import { html, type Markup } from '../kit/html.js'
import { card } from '../kit/parts.js'
import type { PageRequest } from '../web/exchange.js'
import { EMPTY_FORM, type Form } from '../web/form.js'

/** The forms of an approver. */
export function decisionForms(
  { root, token, portal }: PageRequest,
  request: AccessRequest,
  given: Form,
  mistakes: Mistakes,
): Markup {
  const { id, environments, plan = '' } = request
  const at = `${root}requests/${id}`
  const value = (name: string) => ({ name, value: given.get(name), mistakes })
  return html`<div class="grid2 even">
    ${card(
      'Approve',
      form(
        { action: `${at}/approve`, token },
        choiceField({
          ...{ name: 'environments', label: 'Environments', kind: 'checkbox', mistakes },
          choices: environments.map((one) => ({ value: one, label: one })),
          chosen: given.all('environments').length > 0 ? given.all('environments') : environments,
        }),
        scopesField(portal, request, given, mistakes),
        planField(portal, plan, given.get('plan')),
        textField({
          ...value('until'),
          ...{ label: 'Until (optional)', kind: 'date' },
          hint: 'Access ends at the start of this day, in UTC. Empty: it does not end.',
        }),
        textField({
          ...value('conditions'),
          ...{
            label: 'Conditions (optional)',
            hint: 'The organization sees them on its page of access.',
            max: 4_000,
            rows: 3,
          },
        }),
        html`<p class="acts"><button class="btn main" type="submit">Approve</button></p>`,
      ),
    )}
    ${card(
      'Deny',
      form(
        { action: `${at}/deny`, token },
        textField({
          ...value('reason'),
          ...{
            label: 'Reason',
            hint: 'The organization sees it, and can ask again.',
            max: 1_000,
            rows: 4,
            isRequired: true,
          },
        }),
        html`<p class="acts"><button class="btn danger" type="submit">Deny</button></p>`,
      ),
    )}
  </div>`
}

/** What an approver may name: what was asked for; where nothing was, all scopes of the API. */
export function offeredScopes(
  { gates }: PageRequest['portal'],
  { scopes }: AccessRequest,
): readonly string[] {
  if (scopes.length > 0) return scopes
  return [...new Set(gates.all.flatMap((gate) => gate.describe().scopes.map(({ name }) => name)))]
}

function scopesField(
  portal: PageRequest['portal'],
  request: AccessRequest,
  given: Form,
  mistakes: Mistakes,
): Markup | undefined {
  const choices = offeredScopes(portal, request)
  if (choices.length === 0) return undefined
  const { scopes: asked } = request
  const none = asked.length > 0 ? 'all of these' : 'any scope'
  return choiceField({
    ...{ name: 'scopes', label: 'Scopes (optional)', kind: 'checkbox', mistakes },
    hint: `Keys of the organization can have only what you check. Nothing checked: ${none}.`,
    choices: choices.map((value) => ({ value, label: value })),
    chosen: given === EMPTY_FORM ? asked : given.all('scopes'),
  })
}

/** The plans of the API, by name. */
export function offeredPlans({ gates }: Pick<PageRequest['portal'], 'gates'>): readonly string[] {
  return [...new Set(gates.all.flatMap((gate) => Object.keys(gate.describe().plans)))]
}

/**
 * The plans of the API; nothing where it has none. No plan stands for the one that was asked for: where there is one, each choice names its plan.
 * @param wanted `''`: none was asked for
 */
function planField(
  { gates }: Pick<PageRequest['portal'], 'gates'>,
  wanted: string,
  chosen: string,
): Markup | undefined {
  const names = offeredPlans({ gates })
  if (names.length === 0) return undefined
  const usual = gates.first.describe().defaultPlan
  const none = { value: '', label: usual === undefined ? 'No change' : `Default: ${usual}` }
  const named = names.map((value) => ({
    value,
    label: wanted !== '' && value === usual ? `${value} (default)` : value,
  }))
  const choices = wanted === '' ? [none, ...named] : named
  return select({ name: 'plan', label: 'Plan', value: chosen || wanted, choices })
}
