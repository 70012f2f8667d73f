import { html, type Markup } from './html.js'

export interface Chart {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  readonly description: string
}

/** One bar of two parts, the second upon the first. */
export interface Column {
  readonly label: string
  readonly calm: number
  readonly alarm: number
  /** What it says when it is pointed at. */
  readonly told: string
}

/** One bar that lies, with a mark at what is usual. */
export interface Row {
  readonly label: string
  readonly value: number
  readonly usual?: number
  readonly kind: 'calm' | 'alarm'
}

/** What the two parts of a column of requests are. */
export const LEGEND = html`<ul class="legend">
  <li><i></i>Allowed</li>
  <li><i class="alarm"></i>Denied</li>
</ul>`

const WIDTH = 560
const [TOP, BASE, LEFT, RIGHT] = [24, 190, 46, 8]
const [ROW, LABEL, VALUE] = [30, 200, 64]
const LABEL_LENGTH = 24

/** Bars that stand side by side. */
export function columnChart(chart: Chart, columns: readonly Column[], labelEvery = 1): Markup {
  const top = niceCeiling(Math.max(...columns.map(({ calm, alarm }) => calm + alarm)))
  const step = (WIDTH - LEFT - RIGHT) / columns.length
  const width = Math.min(44, step * 0.68)
  const scale = (value: number) => (value / top) * (BASE - TOP)
  const lines = [0, 0.5, 1].map((part) => {
    const y = BASE - part * (BASE - TOP)
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" />
      <text class="axis" x="${LEFT - 8}" y="${y + 4}" text-anchor="end">${short(part * top)}</text>`
  })
  const bars = columns.map(({ label, calm, alarm, told }, at) => {
    const x = round(LEFT + step * at + (step - width) / 2)
    const [low, high] = [scale(calm), scale(alarm)]
    const name = html`<text
      class="axis"
      x="${round(x + width / 2)}"
      y="${BASE + 22}"
      text-anchor="middle"
      >${label}</text
    >`
    return html`<g>
      <title>${told}</title>
      ${bar('calm', x, BASE - low, width, low)} ${bar('alarm', x, BASE - low - high, width, high)}
      ${at % labelEvery === 0 ? name : undefined}
    </g>`
  })
  return drawing(chart, BASE + 30, [lines, bars])
}

/** Bars that lie one below the other. */
export function rowChart(chart: Chart, rows: readonly Row[]): Markup {
  const top = Math.max(1, ...rows.flatMap(({ value, usual = 0 }) => [value, usual]))
  const scale = (value: number) => (value / top) * (WIDTH - LABEL - VALUE)
  const bars = rows.map(({ label, value, usual, kind }, at) => {
    const y = at * ROW + 6
    const mark = LABEL + round(scale(usual ?? 0))
    const told = usual === undefined ? '' : `, usually ${figure(usual)}`
    return html`<g>
      <title>${label}: ${figure(value)}${told}</title>
      <text class="name" x="${LABEL - 10}" y="${y + 14}" text-anchor="end">${cut(label)}</text>
      ${bar(kind, LABEL, y, scale(value), ROW - 10)}
      ${
        usual === undefined
          ? undefined
          : html`<line class="mark" x1="${mark}" x2="${mark}" y1="${y - 3}" y2="${y + ROW - 7}" />`
      }
      <text class="value" x="${WIDTH}" y="${y + 14}" text-anchor="end">${figure(value)}</text>
    </g>`
  })
  return drawing(chart, rows.length * ROW + 6, bars)
}

function drawing(
  { id, title, description }: Chart,
  height: number,
  content: readonly (Markup | readonly Markup[])[],
): Markup {
  return html`<svg
    class="chart"
    viewBox="0 0 ${WIDTH} ${height}"
    role="img"
    aria-labelledby="${id}-t ${id}-d"
  >
    <title id="${id}-t">${title}</title>
    <desc id="${id}-d">${description}</desc>
    ${content}
  </svg>`
}

function bar(
  kind: string,
  x: number,
  y: number,
  width: number,
  height: number,
): Markup | undefined {
  // What there is a little of can be seen.
  const [w, h] = [Math.max(width, 1.5), Math.max(height, 1.5)]
  if (width === 0 || height === 0) return undefined
  return html`<rect
    class="bar ${kind}"
    x="${x}"
    y="${round(y - (h - height))}"
    width="${round(w)}"
    height="${round(h)}"
    rx="2"
  />`
}

/** Of few digits, such that half of it is as well. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 2)))
  const factor =
    [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((each) => each * power >= value) ?? 10
  return Math.max(2, factor * power)
}

/** `1.5k`, in the room of an axis. */
function short(value: number): string {
  if (value >= 1_000_000) return `${figure(round(value / 1_000_000))}M`
  return value >= 10_000 ? `${figure(round(value / 1_000))}k` : figure(value)
}

function cut(text: string): string {
  return text.length <= LABEL_LENGTH ? text : `${text.slice(0, LABEL_LENGTH - 1)}\u2026`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function figure(number: number): string {
  return number.toLocaleString('en')
}
