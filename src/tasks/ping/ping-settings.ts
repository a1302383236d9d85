import * as v from 'valibot';
import type { MaintenanceTask } from '../../contract/maintenance-task.js';
import { defineSettings, type SettingsSection } from '../../validation/settings-section.js';
import { strictObject } from '../../validation/strict-object.js';
import { wholeNumber } from '../../validation/whole-number.js';

/**
 * Where each task tells a monitor that it began, succeeded or failed, by the convention of healthchecks.io: an http or https address, a
 * check of its own for each. Whoever has it can speak for the task, so it is kept a secret: no log line, error or report shows it.
 */
export interface PingSettings {
  /** The address of the check of the cleanup. @default none, no ping */
  readonly cleanup?: string;
  /** The address of the check of the agent heartbeats. @default none, no ping */
  readonly agentHeartbeat?: string;
  /** The address of the check of the TOTP key rotation. @default none, no ping */
  readonly totpKeyRotation?: string;
  /** The address of the check of the dependency scan. @default none, no ping */
  readonly dependencyScan?: string;
  /** Milliseconds for one ping with all of its attempts, after which it is given up; 100 to 60,000. @default 10000 */
  readonly timeoutMs?: number;
}

/** The settings with every default filled in, the addresses by the schedule option of their tasks. */
export type CompletePingSettings = Readonly<Record<string, unknown>> &
  Readonly<Required<Pick<PingSettings, 'timeoutMs'>>>;

/** DI token of the {@link CompletePingSettings}. */
export const PING_SETTINGS = Symbol('TENXYTE_MAINTENANCE_PING_SETTINGS');

/** What came is never shown: it may be a good address, in the wrong place or with a slip in it. */
function hidden(accepted: string, receivedOf: (value: unknown) => string | undefined): v.GenericSchema {
  return v.pipe(
    v.unknown(),
    v.rawCheck(({ dataset: { value }, addIssue }) => {
      const received = receivedOf(value);
      if (received !== undefined) {
        addIssue({ received, message: accepted });
      }
    }),
  );
}

const addressSchema = hidden(
  'an http or https address without a user name, such as "https://hc-ping.com/" and the id of the check',
  (value) => {
    if (typeof value !== 'string') {
      return `a value of type ${typeof value}`;
    }
    return isAddress(value) ? undefined : value.trim() === '' ? 'a blank text' : 'a text that is none';
  },
);

/** The section of the options. */
export function pingSection(tasks: readonly Pick<MaintenanceTask, 'scheduleOption'>[]): SettingsSection {
  return defineSettings({
    name: 'ping',
    token: PING_SETTINGS,
    schema: v.pipe(
      hidden('an object of addresses', (value) => (typeof value === 'string' ? 'a text' : undefined)),
      strictObject(
        {
          ...Object.fromEntries(tasks.map(({ scheduleOption }) => [scheduleOption, v.optional(addressSchema)])),
          timeoutMs: v.optional(
            v.pipe(
              hidden('a whole number of milliseconds from 100 to 60000', (value) =>
                typeof value === 'string' ? 'a text' : undefined,
              ),
              wholeNumber({ min: 100, max: 60_000, unit: 'milliseconds' }),
            ),
          ),
        },
        'an object of addresses',
      ),
      hidden('a check of its own for each task', (value) => {
        const given = Object.values(Object(value) as object).filter((each) => typeof each === 'string');
        return new Set(given).size < given.length ? 'an address that two tasks share' : undefined;
      }),
    ),
    defaults: { timeoutMs: 10_000 },
  });
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) {
    return false;
  }
  const { protocol, username, password } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '';
}
