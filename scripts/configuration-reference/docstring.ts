import ts from 'typescript';

/** What the comment above a declaration says, in one line, with links as code. */
export function docstring(symbol: ts.Symbol | undefined, checker: ts.TypeChecker): string {
  return oneLine(symbol?.getDocumentationComment(checker));
}

/** The text of the `@default` tag above a declaration. */
export function defaultTag(symbol: ts.Symbol, checker: ts.TypeChecker): string | undefined {
  const tag = symbol.getJsDocTags(checker).find(({ name }) => name === 'default');
  return tag && oneLine(tag.text);
}

function oneLine(parts: ts.SymbolDisplayPart[] | undefined): string {
  return ts
    .displayPartsToString(parts)
    .replaceAll(/\{@link (\w+)\s*\}/g, '`$1`')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
