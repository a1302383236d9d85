import { MAINTENANCE_TASKS } from '../../maintenance-tasks.js';
import { DEFAULT_RETENTION, type RetentionOption, zeroMeansForever } from '../../retention/retention-policy.js';

const { rules: _, ...plainDays } = DEFAULT_RETENTION;

/** A config file whose values are the defaults. */
export function initialConfig(): string {
  return [
    '// Options of tenxyte-maintenance: the command line takes this file with --config, the module of the application imports it.',
    '// The values are the defaults. The page docs/configuration.md of the package has every option.',
    '',
    "/** @type {import('@tenxyte/nestjs-maintenance').TenxyteMaintenanceOptions} */",
    'export default {',
    '  // How long records are kept. What is due is deleted for good: see first what would go, with cleanup --dry-run.',
    '  retention: {',
    ...Object.entries(plainDays).map(retentionLine),
    "    rules: [], // for some rows, such as { target: 'audit_logs', actions: ['login_failed'], days: 400 }",
    '  },',
    '',
    '  // Windows that no retention may leave, such as those of a regulation.',
    '  // retentionBounds: { auditLogDays: { minDays: 365 } },',
    '',
    "  // When the application runs each task, as cron expressions; 'off' runs it never.",
    '  schedule: {',
    ...MAINTENANCE_TASKS.map(({ scheduleOption, defaultExpression, needs }) => {
      const line = `${scheduleOption}: '${defaultExpression}',`;
      return needs === undefined ? `    ${line}` : `    // ${line} // needs ${needs.words}`;
    }),
    '  },',
    '',
    '  // A target that would lose more is refused. There is no limit unless one is given.',
    '  // cleanup: { maxRowsPerTarget: 100_000, maxFractionPerTarget: 0.5 },',
    '',
    "  // 'manual' leaves the schema of this package to tenxyte-maintenance migrate.",
    "  migrations: 'auto',",
    '};',
    '',
  ].join('\n');
}

/** What a NestJS application adds to its module. */
export function moduleLines(file: string): readonly string[] {
  return [
    "import { ScheduleModule } from '@nestjs/schedule';",
    "import { TenxyteMaintenanceModule } from '@tenxyte/nestjs-maintenance';",
    `import maintenance from './${file}';`,
    '',
    '@Module({',
    '  imports: [',
    '    // beside TypeOrmModule.forRoot()',
    '    ScheduleModule.forRoot(),',
    '    TenxyteMaintenanceModule.forRoot(maintenance),',
    '  ],',
    '})',
  ];
}

function retentionLine([option, value]: readonly [string, number]): string {
  const meaning = zeroMeansForever(option as RetentionOption) ? '0 = forever' : '0 = none';
  return `    ${option}: ${value}, // ${meaning}`;
}
