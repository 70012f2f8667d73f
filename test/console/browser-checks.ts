import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeResult {
  readonly violations: readonly {
    readonly id: string
    readonly nodes: readonly { readonly html: string }[]
  }[]
}

/** What is wrong with the page that is shown: nothing, or what axe finds, what widens it, what scrolls and is no table, small targets, what is inline, and what its head lacks. */
export async function faultsOf(tab: Page): Promise<readonly string[]> {
  const { violations } = await tab.evaluate<AxeResult>(
    `${AXE};axe.run(document, { resultTypes: ['violations'] })`,
  )
  const others = await tab.evaluate<readonly string[]>(FAULTS)
  return [...violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html ?? ''}`), ...others]
}

const FAULTS = `(() => {
  const faults = []
  const all = (selector) => [...document.querySelectorAll(selector)]
  const root = document.documentElement
  if (root.scrollWidth > root.clientWidth) faults.push('wider than the window')
  // Long texts are typed into fields: those scroll. The list of the navigation is above the page.
  const isScrolled = (one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX)
  for (const one of all('body *:not(input, textarea, select)').filter(isScrolled)) {
    if (!one.matches('.scroll[role=region][aria-label][tabindex="0"]:has(> table)')) faults.push('scrolls: ' + one.outerHTML.slice(0, 80))
  }
  // A link within a sentence has the height of its line.
  const isInText = (one) => one.tagName === 'A' && [...one.parentElement.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
  for (const one of all('a:not(.skip), button, summary, input:not([type=hidden]), select, textarea')) {
    if (!one.checkVisibility() || isInText(one)) continue
    const { width, height } = (one.closest('label') ?? one).getBoundingClientRect()
    if (width < 24 || height < 24) faults.push('small: ' + one.outerHTML)
  }
  // A link within a sentence is told by its line, and a state by its words: not by colour alone.
  for (const one of all('main p a, main li a, main dd a').filter(isInText)) {
    if (!one.matches('.btn') && getComputedStyle(one).textDecorationLine !== 'underline') faults.push('no line: ' + one.outerHTML)
  }
  for (const one of all('.tag, .notice, .legend li, .wrong, [aria-invalid]')) {
    const words = one.matches('[aria-invalid]') ? document.getElementById((one.getAttribute('aria-describedby') ?? '').split(' ')[0])?.textContent : one.textContent
    if ((words ?? '').trim() === '') faults.push('no words: ' + one.outerHTML)
  }
  const inline = all('style, script:not([src]), [style]').length + all('*').filter((one) => [...one.attributes].some(({ name, value }) => name.startsWith('on') || /^\\s*javascript:/i.test(value))).length
  if (inline > 0) faults.push('inline: ' + inline)
  const [h1, ...more] = all('h1')
  if (root.lang !== 'en' || more.length > 0 || h1 === undefined || h1.textContent.trim() === '') faults.push('no language, or not one heading')
  if (!document.title.startsWith(h1?.textContent.trim().slice(0, 12) + '') || !document.title.includes(' - ')) faults.push('title: ' + document.title)
  return faults
})()`
