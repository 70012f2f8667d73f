import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { flag, html, Markup } from '../../../src/console/kit/html.js'

describe('html', () => {
  test('makes text of everything that it has not made itself', () => {
    expect(html`<b>${'<i>&"\''}</b>`.text).toBe('<b>&lt;i&gt;&amp;&quot;&#39;</b>')
    expect(html`${html`<i>${1}</i>`}${undefined}${false}${['a', html`<b></b>`]}`.text).toBe(
      '<i>1</i>a<b></b>',
    )
    expect(html`<input ${flag('checked', true)} ${flag('required', false)} />`.text).toBe(
      '<input checked  />',
    )
  })

  test('shows no control characters, and none that turn text around', () => {
    expect(html`${'a\u0000b\u202ec\ud800d\ne'}`.text).toBe('a\ufffdb\ufffdc\ufffdd\ne')
  })

  test('shows joiners between two characters, as families and Persian have them, and no others', () => {
    const family = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'
    const persian = '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'
    expect(html`${family} ${persian}`.text).toBe(`${family} ${persian}`)
    expect(html`${'\u200da\u200d\u200cb\u200c'}`.text).toBe('\ufffda\ufffd\ufffdb\ufffd')
  })

  test('no input ends its place in text or in an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, other) => {
        const made = html`<p title="${text}" lang="${other}">${[text, other]}</p>`.text
        const inside = made.slice('<p title="'.length, -'</p>'.length)
        expect(inside.replace('" lang="', '').replace('">', '')).not.toMatch(/[<>"']/)
      }),
    )
  })

  test('control: markup that was made by hand is not escaped', () => {
    expect(html`${new Markup('<b>')}`.text).toBe('<b>')
  })
})
