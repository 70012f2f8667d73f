/**
 * Keeps StrykerJS from changing the sentence of an error, or of what a developer is told about a refusal: it is for people to read, and another sentence
 * changes nothing that a program does. What is between the pieces of a sentence, the codes of errors, and what a client is told, are changed.
 */
export const strykerPlugins = [
  { kind: 'Ignore', name: 'sentences', value: { shouldIgnore: reasonToIgnore } },
]

/** What these say stands in a cause, which `onError` and the diagnosis have, and no answer. */
const TELLING = ['told', 'wrong', 'malformed']
const TOLD = ['expected', 'got', 'fix']

function reasonToIgnore(path) {
  const isSentence =
    (path.isStringLiteral() && path.node.value.includes(' ')) ||
    (path.isTemplateLiteral() && path.node.quasis.some(({ value }) => value.raw.includes(' ')))
  return isSentence && isForPeople(path.parentPath)
    ? 'The sentence of an error is for people.'
    : undefined
}

function isForPeople(maker) {
  if (maker?.isConditionalExpression() || maker?.isLogicalExpression()) {
    return isForPeople(maker.parentPath)
  }
  if (maker?.isNewExpression()) return maker.node.callee.name.endsWith('Error')
  if (maker?.isCallExpression()) {
    return TELLING.includes(maker.node.callee.name) || maker.node.callee.name?.endsWith('Error')
  }
  if (maker?.isVariableDeclarator()) return TOLD.includes(maker.node.id.name)
  return maker?.isObjectProperty() && TOLD.includes(maker.node.key.name)
}
