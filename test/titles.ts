import { readFileSync } from 'node:fs'
import { format } from 'node:util'
import ts from 'typescript'

/** The titles of all tests of a file, as Jest names them: those of its suites before it. Rows of `each` that are written out are titles of their own. */
export function titlesIn(file: string): ReadonlySet<string> {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const titles = new Set<string>()
  const visit = (node: ts.Node, suites: readonly string[]): void => {
    const call = ts.isCallExpression(node) ? readCall(node) : undefined
    if (call?.of === 'test')
      for (const suite of suites) call.titles.forEach((own) => titles.add(joined(suite, own)))
    const inside =
      call?.of === 'describe'
        ? suites.flatMap((suite) => call.titles.map((own) => joined(suite, own)))
        : suites
    ts.forEachChild(node, (child) => {
      visit(child, inside)
    })
  }
  visit(source, [''])
  return titles
}

function joined(suite: string, own: string): string {
  return suite === '' ? own : `${suite} ${own}`
}

/** `test(title, ...)`, `test.each(rows)(title, ...)`, and the same of `describe` and of what is named after it. */
function readCall(
  call: ts.CallExpression,
): { of: 'test' | 'describe'; titles: readonly string[] } | undefined {
  let callee: ts.Expression = call.expression
  let rows: ts.Expression | undefined
  if (ts.isCallExpression(callee)) {
    rows = callee.arguments[0]
    callee = callee.expression
  }
  while (ts.isPropertyAccessExpression(callee)) callee = callee.expression
  if (!ts.isIdentifier(callee)) return undefined
  const [, of] = /^(test|describe)(?:[A-Z]\w*)?$/.exec(callee.text) ?? []
  const title = call.arguments.find(ts.isStringLiteralLike)?.text
  if ((of !== 'test' && of !== 'describe') || title === undefined) return undefined
  const values =
    rows && ts.isArrayLiteralExpression(unwrapped(rows))
      ? literals(unwrapped(rows) as ts.ArrayLiteralExpression)
      : []
  return { of, titles: [title, ...values.map((row) => filled(title, row))] }
}

function unwrapped(node: ts.Expression): ts.Expression {
  return ts.isAsExpression(node) || ts.isSatisfiesExpression(node)
    ? unwrapped(node.expression)
    : node
}

/** What is written out in each row, up to the first that is not. */
function literals(rows: ts.ArrayLiteralExpression): unknown[][] {
  return rows.elements.map((row) => {
    const cells = ts.isArrayLiteralExpression(row) ? [...row.elements] : [row]
    const values: unknown[] = []
    for (const cell of cells) {
      if (ts.isStringLiteralLike(cell)) values.push(cell.text)
      else if (ts.isNumericLiteral(cell)) values.push(Number(cell.text))
      else break
    }
    return values
  })
}

function filled(title: string, row: readonly unknown[]): string {
  const places = title.match(/%[sdij]/g)?.length ?? 0
  return row.length < places ? title : format(title, ...row.slice(0, places))
}
