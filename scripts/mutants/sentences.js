/**
 * Keeps StrykerJS from changing the sentence of an error: it is for people to read, and another sentence changes nothing that a program does. What is
 * between the pieces of a sentence, and the codes of errors, are changed.
 */
export const strykerPlugins = [
  { kind: 'Ignore', name: 'sentences', value: { shouldIgnore: reasonToIgnore } },
]

function reasonToIgnore(path) {
  const isSentence =
    (path.isStringLiteral() && path.node.value.includes(' ')) ||
    (path.isTemplateLiteral() && path.node.quasis.some(({ value }) => value.raw.includes(' ')))
  const { parentPath: maker } = path
  if (isSentence && maker?.isNewExpression() && maker.node.callee.name.endsWith('Error')) {
    return 'The sentence of an error is for people.'
  }
  return undefined
}
