import { BASE } from './base.js'
import { FORMS } from './forms.js'
import { PARTS } from './parts.js'
import { PRINT } from './print.js'
import { TOKENS } from './tokens.js'

/** The style sheet. Nothing in it is fetched. */
export const STYLE_SHEET = [TOKENS, BASE, PARTS, FORMS, PRINT].join('').trim()
