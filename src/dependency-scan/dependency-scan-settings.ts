import type { ExpectedRuns } from '../tasks/schedule/schedule-settings.js';
import * as v from 'valibot';
import { defineSettings } from '../validation/settings-section.js';
import { beginsWithDay } from '../validation/calendar-day.js';
import { strictObject } from '../validation/strict-object.js';
import { wholeNumber } from '../validation/whole-number.js';
import { SCAN_LEVELS, type ScanLevel } from './severity.js';

/** An advisory that somebody looked at and accepts for a while. */
export interface AllowedAdvisory {
  /** As a report names it, such as `GHSA-xxxx-xxxx-xxxx`; the number that npm gives it does too. */
  readonly id: string;
  /** Why it does no harm here, for whoever reads the report. */
  readonly reason: string;
  /** The last day, in UTC, on which it is accepted, as `2026-12-31`. From the next day on it counts again. */
  readonly expires: string;
}

/** How the host's dependencies are scanned for known vulnerabilities. */
export interface DependencyScanSettings {
  /** The folder with the lock file. @default the working directory of the process */
  readonly cwd?: string;
  /**
   * Whether code of that folder may be run: package managers run what `.yarnrc.yml`, `.pnpmfile.cjs` and the like name, and give variables of
   * the environment to the registry that `.npmrc` names. Without it a folder that has such files is refused. The folder that the application
   * itself runs in is always trusted. @default false
   */
  readonly trustProject?: boolean;
  /** From which severity on a finding is warned of. @default 'high' */
  readonly level?: ScanLevel;
  /** Milliseconds after which the package manager is killed; 1,000 to 3,600,000. @default 120000 */
  readonly timeoutMs?: number;
  /** Advisories that are accepted for a while. They stay in the report, apart from the others. @default [] */
  readonly allow?: readonly AllowedAdvisory[];
}

/** The settings with every default filled in; without `cwd` it is the working directory at the time of the scan. */
export type CompleteDependencyScanSettings = Readonly<Required<Omit<DependencyScanSettings, 'cwd'>>> &
  Pick<DependencyScanSettings, 'cwd'>;

/** The defaults of {@link DependencyScanSettings}, the one place they stand. */
export const DEFAULT_DEPENDENCY_SCAN_SETTINGS: CompleteDependencyScanSettings = {
  trustProject: false,
  level: 'high',
  timeoutMs: 120_000,
  allow: [],
};

export const scanLevelSchema = v.picklist(SCAN_LEVELS, `one of ${SCAN_LEVELS.join(', ')}`);

export const folderSchema = v.pipe(v.string('the path of a folder'), v.nonEmpty('the path of a folder'));

const advisoryId = 'the id of an advisory, such as "GHSA-xxxx-xxxx-xxxx"';
const reason = 'a reason in words';
const lastDay = 'a day that there is, as "2026-12-31"';

const allowedAdvisorySchema = strictObject(
  {
    id: v.pipe(v.string(advisoryId), v.regex(/^[A-Za-z0-9-]{1,64}$/, advisoryId)),
    reason: v.pipe(v.string(reason), v.regex(/\S/, reason)),
    expires: v.custom<string>((value) => typeof value === 'string' && isDay(value), lastDay),
  },
  '{ id, reason, expires }',
);

const dependencyScanSettingsSchema = strictObject(
  {
    cwd: v.optional(folderSchema),
    trustProject: v.optional(v.boolean('true or false')),
    level: v.optional(scanLevelSchema),
    timeoutMs: v.optional(wholeNumber({ min: 1_000, max: 3_600_000, unit: 'milliseconds' })),
    allow: v.optional(
      v.pipe(
        v.array(allowedAdvisorySchema, 'a list of { id, reason, expires }'),
        v.check((allowed) => new Set(allowed.map(({ id }) => id)).size === allowed.length, 'each id once'),
      ),
    ),
  },
  'an object of dependency scan settings',
);

function isDay(text: string): boolean {
  return text.length === '2026-03-01'.length && beginsWithDay(text);
}

/** The section of the options that the dependency scan owns. */
export interface DependencyScanOptions {
  /**
   * Whether and how the host's dependencies are scanned for known vulnerabilities; `{}` scans with every default. @default no scan on
   * schedule
   */
  readonly dependencyScan?: DependencyScanSettings;
}

/** When the scan runs by itself. */
export interface DependencyScanSchedule {
  /**
   * When the dependencies are scanned: a cron expression, `{ by: 'engine' | 'outside' }` with what to expect of others, or false for manual
   * runs alone. A schedule needs the `dependencyScan` option, which may be `{}`. @default '0 4 1 * *' with the `dependencyScan` option, false without
   */
  readonly dependencyScan?: string | false | ExpectedRuns;
}

/** DI token of the {@link CompleteDependencyScanSettings}. */
export const DEPENDENCY_SCAN_SETTINGS = Symbol('TENXYTE_MAINTENANCE_DEPENDENCY_SCAN_SETTINGS');

/** The section of the options. */
export const dependencyScanSection = defineSettings({
  name: 'dependencyScan',
  token: DEPENDENCY_SCAN_SETTINGS,
  schema: dependencyScanSettingsSchema,
  defaults: DEFAULT_DEPENDENCY_SCAN_SETTINGS,
});
