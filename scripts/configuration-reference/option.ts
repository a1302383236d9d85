/** An option as its type declares it. */
export interface ConfigurationOption {
  /** Such as `cleanup.lockTimeoutMs`; `*` stands for one of several names, `[]` for an element of a list. */
  readonly path: string;
  /** As the source spells it, with unions of literals in full. */
  readonly type: string;
  readonly isRequired: boolean;
  /** Its docstring; empty when neither it nor its type has one. */
  readonly text: string;
  /** The text of its `@default` tag. */
  readonly defaultValue?: string;
  /** The options within it. */
  readonly options: readonly ConfigurationOption[];
}

/** An option, and after it every option within it. */
export function withNested(option: ConfigurationOption): readonly ConfigurationOption[] {
  return [option, ...option.options.flatMap(withNested)];
}
