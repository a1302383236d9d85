import ts from 'typescript';

/** What there is to say about options within a type. */
export interface NestedType {
  readonly type: ts.Type;
  /** What stands between the path of the outer option and that of an inner one. */
  readonly joint: '.' | '[].';
}

/** The types declared as interfaces in `src` that a value of a type may have, itself or as the element of a list. */
export function nestedTypes(type: ts.Type, checker: ts.TypeChecker): readonly NestedType[] {
  const parts = type.isUnion() ? type.types : [type];
  return parts.flatMap((part): readonly NestedType[] => {
    const element = elementOf(part, checker);
    if (element !== undefined) {
      return isOwnInterface(element) ? [{ type: element, joint: '[].' }] : [];
    }
    return isOwnInterface(part) || isOwnRecord(part, checker) ? [{ type: part, joint: '.' }] : [];
  });
}

/** Whether every property has the same type, as in a `Record` with a union for its keys. */
export function isRecord(type: ts.Type, checker: ts.TypeChecker): boolean {
  return recordValue(type, checker) !== undefined;
}

/** The type as declared, with a union of literals in full and without the `undefined` of an optional property. */
export function typeText(property: ts.Symbol, type: ts.Type, checker: ts.TypeChecker): string {
  const element = elementOf(type, checker);
  if (element !== undefined && isUnionOfLiterals(element)) {
    return `readonly (${unionText(element, checker)})[]`;
  }
  if (isUnionOfLiterals(type)) {
    return unionText(type, checker);
  }
  const declaration = property.declarations?.find(ts.isPropertySignature);
  return (declaration?.type?.getText() ?? checker.typeToString(type)).replaceAll(/\s+/g, ' ');
}

function isUnionOfLiterals(type: ts.Type): boolean {
  return type.isUnion() && type.types.every((part) => part.isLiteral());
}

function unionText(type: ts.Type, checker: ts.TypeChecker): string {
  const parts = type.isUnion() ? type.types : [type];
  return parts.map((part) => checker.typeToString(part).replaceAll('"', "'")).join(' | ');
}

function elementOf(type: ts.Type, checker: ts.TypeChecker): ts.Type | undefined {
  return checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference)[0] : undefined;
}

function isOwnInterface(type: ts.Type): boolean {
  const declarations = type.symbol?.declarations ?? [];
  return declarations.some((node) => ts.isInterfaceDeclaration(node) && !isForeign(node));
}

function isOwnRecord(type: ts.Type, checker: ts.TypeChecker): boolean {
  const value = recordValue(type, checker);
  return value !== undefined && isOwnInterface(value);
}

function recordValue(type: ts.Type, checker: ts.TypeChecker): ts.Type | undefined {
  const [property] = isMapped(type) ? type.getProperties() : [];
  return property && checker.getNonNullableType(checker.getTypeOfSymbol(property));
}

function isMapped(type: ts.Type): boolean {
  return (
    (type.flags & ts.TypeFlags.Object) !== 0 && ((type as ts.ObjectType).objectFlags & ts.ObjectFlags.Mapped) !== 0
  );
}

function isForeign(node: ts.Node): boolean {
  return node.getSourceFile().fileName.includes('/node_modules/');
}
