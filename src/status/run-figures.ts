/** The figures of a report that a summary is made of. Any may be missing: reports of other tasks and releases differ. */
export interface RunFigures {
  readonly rows?: unknown;
  readonly targets?: unknown;
  readonly failedTargets?: unknown;
  readonly monitored?: unknown;
  readonly suspended?: unknown;
  readonly expired?: unknown;
  readonly rotated?: unknown;
  readonly encryptedPlaintext?: unknown;
  readonly undecryptable?: unknown;
  readonly verdict?: unknown;
  readonly counts?: unknown;
  readonly atOrAboveLevel?: unknown;
  readonly reason?: unknown;
}

const COPIED = [
  'rows',
  'monitored',
  'suspended',
  'expired',
  'rotated',
  'encryptedPlaintext',
  'undecryptable',
  'verdict',
  'counts',
  'atOrAboveLevel',
  'reason',
] as const satisfies readonly (keyof RunFigures)[];

/** SQL that takes the {@link RunFigures} out of a report, so that its lists stay where they are; null without a report. */
export function figuresSql(report: string): string {
  const lengthOf = (path: string): string => `jsonb_array_length(jsonb_path_query_array(${report}, '${path}'))`;
  const entries = [
    ...COPIED.map((name) => `'${name}', ${report} -> '${name}'`),
    `'targets', ${lengthOf('$.targets[*]')}`,
    `'failedTargets', ${lengthOf('$.targets[*] ? (@.status == "failed")')}`,
  ];
  return `case when ${report} is not null then jsonb_build_object(${entries.join(', ')}) end`;
}

/** A figure as a count; 0 when it is none. */
export function count(figure: unknown): number {
  return typeof figure === 'number' && Number.isFinite(figure) ? figure : 0;
}
