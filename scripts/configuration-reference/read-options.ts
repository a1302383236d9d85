import ts from 'typescript';
import { defaultTag, docstring } from './docstring.js';
import type { ConfigurationOption } from './option.js';
import { isRecord, nestedTypes, typeText, type NestedType } from './option-types.js';

/** Where an interface of options is declared. */
export interface OptionsInterface {
  readonly file: string;
  readonly name: string;
}

/** Reads interfaces of options, in their order, with everything that they refer to. */
export function readOptions(
  root: string,
  interfaces: readonly OptionsInterface[],
): readonly (readonly ConfigurationOption[])[] {
  const program = ts.createProgram({
    rootNames: interfaces.map(({ file }) => `${root}/${file}`),
    options: compilerOptions(root),
  });
  const checker = program.getTypeChecker();
  return interfaces.map(({ file, name }) => {
    const source = program.getSourceFile(`${root}/${file}`);
    const module = source && checker.getSymbolAtLocation(source);
    const symbol = module && checker.tryGetMemberInModuleExports(name, module);
    if (symbol === undefined) {
      throw new Error(`${file} exports no ${name}`);
    }
    return optionsOf({ type: checker.getDeclaredTypeOfSymbol(symbol), joint: '.' }, '', checker);
  });
}

function optionsOf({ type, joint }: NestedType, outer: string, checker: ts.TypeChecker): ConfigurationOption[] {
  const prefix = outer === '' ? '' : `${outer}${joint}`;
  const properties = type.getProperties();
  const [first] = properties;
  if (first !== undefined && isRecord(type, checker)) {
    const option = readOption(first, `${prefix}*`, checker);
    const names = properties.map(({ name }) => `\`${name}\``).join(', ');
    return [{ ...option, text: `For each of ${names}. ${option.text}` }];
  }
  return properties.map((property) => readOption(property, prefix + property.name, checker));
}

function readOption(property: ts.Symbol, path: string, checker: ts.TypeChecker): ConfigurationOption {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(property));
  const defaultValue = defaultTag(property, checker);
  return {
    path,
    type: typeText(property, type, checker),
    isRequired: (property.flags & ts.SymbolFlags.Optional) === 0,
    text: docstring(property, checker) || docstring(type.aliasSymbol ?? type.symbol, checker),
    ...(defaultValue === undefined ? {} : { defaultValue }),
    options: nestedTypes(type, checker).flatMap((nested) => optionsOf(nested, path, checker)),
  };
}

function compilerOptions(root: string): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, (file) => ts.sys.readFile(file)) as { config: object };
  return ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root).options;
}
