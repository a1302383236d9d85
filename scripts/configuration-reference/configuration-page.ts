import { format, resolveConfig } from 'prettier';
import { withNested, type ConfigurationOption } from './option.js';
import { readOptions, type OptionsInterface } from './read-options.js';

const FILE = 'docs/configuration.md';
const PROSE_WIDTH = 140;

const OPTIONS: OptionsInterface = { file: 'src/options/maintenance-options.ts', name: 'TenxyteMaintenanceOptions' };
const EXTRAS: OptionsInterface = {
  file: 'src/tenxyte-maintenance.module-definition.ts',
  name: 'TenxyteMaintenanceModuleExtras',
};

const INTRODUCTION = `# Configuration

Everything that \`TenxyteMaintenanceModule.forRoot()\` and the command line's \`--config\` take. Every option is optional. The options are
checked once, at start-up: one \`MaintenanceConfigError\` lists every problem with its path, what came and what is accepted. An object's own
properties alone are read, of options and of requests: what stands on \`Object.prototype\` is ignored, what comes from any other prototype, as
the getter of a class, is a problem.

This page is made from the docstrings of the options' types by \`npm run docs:configuration\`.
`;

const EXTRAS_INTRODUCTION = `## When the module is mounted

These must be known before an asynchronous factory answers: they stand beside \`useFactory\` in \`forRootAsync()\`, and among the options in
\`forRoot()\`. The command line takes \`entities\` alone.
`;

/** The page of every option, as it should stand in `docs`. */
export interface ConfigurationPage {
  /** Relative to the root. */
  readonly file: string;
  readonly markdown: string;
  /** Options with nothing to read about them, a sentence each. */
  readonly problems: readonly string[];
}

/** Makes the page from the types of a checkout. */
export async function configurationPage(root: string): Promise<ConfigurationPage> {
  const [options = [], extras = []] = readOptions(root, [OPTIONS, EXTRAS]);
  const plain = options.filter(({ options: nested }) => nested.length === 0);
  const grouped = options.filter(({ options: nested }) => nested.length > 0);
  const markdown = [
    INTRODUCTION,
    ...grouped.map((option) => `## ${code(option.path)}\n\n${body(option)}\n\n${entries(option.options)}`),
    `## Coordination\n\n${entries(plain)}`,
    EXTRAS_INTRODUCTION,
    entries(extras),
  ].join('\n');
  const style = await resolveConfig(`${root}/${FILE}`);
  return {
    file: FILE,
    markdown: await format(markdown, { ...style, parser: 'markdown', proseWrap: 'always', printWidth: PROSE_WIDTH }),
    problems: [...options, ...extras].flatMap(withNested).flatMap(problemsOf),
  };
}

function problemsOf({ path, text, isRequired, defaultValue, options }: ConfigurationOption): string[] {
  const isDecided = isRequired || defaultValue !== undefined || options.length > 0;
  return [
    ...(text === '' ? [`${path} has no docstring`] : []),
    ...(isDecided ? [] : [`${path} may be left out, but has no @default`]),
  ];
}

function entries(options: readonly ConfigurationOption[]): string {
  return options
    .flatMap(withNested)
    .map((option) => `### ${code(option.path)}\n\n${body(option)}\n`)
    .join('\n');
}

/** A default that refers to another type stands with the options below. */
function body({ type, isRequired, defaultValue, text }: ConfigurationOption): string {
  const isElsewhere = defaultValue === undefined || defaultValue.startsWith('see ');
  const otherwise = isElsewhere ? '' : `, default: ${shownDefault(defaultValue)}`;
  return `${code(type)}${isRequired ? ', required' : otherwise}\n\n${text}`;
}

/** A literal as code, also within a sentence. */
function shownDefault(value: string): string {
  const isLiteral = /^([\d_.]+|\[\]|\{\}|true|false)$/.test(value);
  return isLiteral ? code(value) : value.replaceAll(/'[^']*'/g, code);
}

function code(text: string): string {
  return `\`${text}\``;
}
