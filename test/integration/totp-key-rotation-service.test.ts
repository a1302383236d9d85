import { Injectable } from '@nestjs/common';
import { EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { ScheduleModule } from '@nestjs/schedule';
import type { TestingModule } from '@nestjs/testing';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { SecretUndecryptableEvent, TotpKeyTooOldEvent, TotpSettings } from '../../src/index.js';
import {
  MaintenanceConfigError,
  TenxyteMaintenanceModule,
  TenxyteMaintenanceService,
  TotpCipher,
  TotpKeyRotationService,
} from '../../src/index.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { useLeakWatch } from '../support/leak-watch.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { secretOf, tokenOf } from '../support/totp-secrets.js';
import { insertUsers, storedSecrets } from '../support/totp-users.js';

const [NEW, OLD, UNKNOWN] = [FernetKey.generate(), FernetKey.generate(), FernetKey.generate()];

/** What a host might listen to. */
@Injectable()
class Listener {
  public readonly heard: unknown[] = [];

  @OnEvent('tenxyte-maintenance.totp.secret-undecryptable')
  public onUndecryptable({ userId }: SecretUndecryptableEvent): void {
    this.heard.push(['undecryptable', userId]);
  }
  @OnEvent('tenxyte-maintenance.totp.key-too-old')
  public onTooOld({ keyAgeDays, maxKeyAgeDays }: TotpKeyTooOldEvent): void {
    this.heard.push(['too old', keyAgeDays, maxKeyAgeDays]);
  }
}

describe('the rotation of TOTP keys in an application', () => {
  const database = useTestDatabase();
  const leaks = useLeakWatch();
  let booted: TestingModule;

  const boot = async (totp: TotpSettings): Promise<TenxyteMaintenanceService> => {
    booted = await Test.createTestingModule({
      imports: [
        ScheduleModule.forRoot(),
        EventEmitterModule.forRoot(),
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: database.url,
          autoLoadEntities: true,
          retryAttempts: 0,
        }),
        TenxyteMaintenanceModule.forRoot({ totp, schedule: { cleanup: false, agentHeartbeat: false } }),
      ],
      providers: [Listener],
    })
      .setLogger(leaks.logger)
      .compile();
    await booted.init();
    return booted.get(TenxyteMaintenanceService);
  };
  const given = (...secrets: (string | null)[]): Promise<void> =>
    insertUsers(
      database,
      secrets.map((stored, index) => ({ id: String(index + 1), kind: 'old', stored })),
    );
  const heard = (): unknown[] => booted.get(Listener).heard;
  const lines = (part: string): string[] => leaks.logger.lines.filter((line) => line.includes(part));

  beforeAll(async () => {
    leaks.guard(NEW, OLD, UNKNOWN, secretOf(1), secretOf(2), secretOf(3));
    await insertReferences(database);
  });
  beforeEach(() => {
    leaks.logger.lines.length = 0;
  });
  afterEach(async () => {
    await booted?.close();
    await database.query('drop schema if exists tenxyte_maintenance cascade');
  });

  it('rotates, reports, records the run and gives word of the secrets that it could not open', async () => {
    await given(tokenOf(OLD, secretOf(1)), tokenOf(NEW, secretOf(2)), tokenOf(UNKNOWN, secretOf(3)), null);
    const maintenance = await boot({ keys: [NEW, OLD] });
    const began = Date.now();
    const report = leaks.see(await maintenance.rotateTotpKeys());
    expect(report).toEqual({
      task: 'totp-key-rotation',
      status: 'partial',
      dryRun: false,
      runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      runAt: expect.stringMatching(/Z$/),
      durationMs: expect.any(Number),
      stopReason: null,
      cancelledBy: null,
      force: false,
      startedBy: null,
      isUncertain: false,
      mode: 'rolling',
      total: 3,
      rotated: 1,
      alreadyCurrent: 1,
      encryptedPlaintext: 0,
      leftPlaintext: 0,
      undecryptable: 1,
      undecryptableUserIds: ['3'],
      heldUsers: 0,
      safeToRetirePreviousKeys: false,
      keyInUseSince: expect.stringMatching(/Z$/),
      keyAgeDays: 0,
      lastRotationAt: expect.stringMatching(/Z$/),
      error: { code: 'TOTP_UNDECRYPTABLE', retryable: false, message: expect.stringContaining('users with id 3') },
    });
    expect(report.durationMs).toBeLessThan(Date.now() - began + 1);
    expect(heard()).toEqual([['undecryptable', '3']]);
    expect(lines('opened by none of the keys')).toHaveLength(1);
    const [run] = leaks.see(await recordedRuns(database));
    expect(run).toMatchObject({ task: 'totp-key-rotation', trigger: 'manual', status: 'partial', report });
  });

  it('lets a host read every secret all through a rotation with the exported cipher', async () => {
    await given(tokenOf(OLD, secretOf(1)), tokenOf(NEW, secretOf(2)));
    const maintenance = await boot({ keys: [NEW, OLD] });
    const cipher = booted.get(TotpCipher);
    const read = async (): Promise<string[]> =>
      [...(await storedSecrets(database)).values()].map((stored) => cipher.decrypt(stored ?? ''));
    expect(await read()).toEqual([secretOf(1), secretOf(2)]);
    await maintenance.rotateTotpKeys();
    expect(await read()).toEqual([secretOf(1), secretOf(2)]);
  });

  it('does on schedule what is due, and else tells how old the last rotation is', async () => {
    await given(tokenOf(OLD, secretOf(1)));
    await boot({ keys: [NEW, OLD] });
    await booted.get(TotpKeyRotationService).onTick();
    expect(lines('brought 1 of 1 secret under the first key')).toHaveLength(1);
    await database.query('truncate tenxyte_maintenance.runs');
    await booted.get(TotpKeyRotationService).onTick();
    expect(lines('nothing was due among 1 secret')).toEqual([
      expect.stringMatching(/the first key has been in use for 0 days \(last rotation \d{4}-\d\d-\d\d\)/),
    ]);
    expect(await recordedRuns(database)).toMatchObject([
      { trigger: 'cron', status: 'succeeded', report: { rotated: 0, alreadyCurrent: 1 } },
    ]);
  });

  it.each([
    [366, 365, 1],
    [365, 365, 0],
    [40_000, 0, 0],
  ])('warns of a key of %d days with maxKeyAgeDays %d: %d times', async (days, maxKeyAgeDays, times) => {
    await given(tokenOf(NEW, secretOf(1)));
    const maintenance = await boot({ keys: [NEW], maxKeyAgeDays });
    await maintenance.rotateTotpKeys();
    await database.query(
      `update tenxyte_maintenance.totp_keys set first_used_at = now() - $1::int * interval '1 day' - interval '1 minute'`,
      [days],
    );
    const report = leaks.see(await maintenance.rotateTotpKeys());
    expect(report).toMatchObject({ status: 'succeeded', keyAgeDays: days, lastRotationAt: null });
    expect(heard()).toEqual(times === 0 ? [] : [['too old', days, maxKeyAgeDays]]);
    expect(lines('longer than totp.maxKeyAgeDays')).toHaveLength(times);
  });

  it('counts the age of each key for itself, and of none that no secret is under', async () => {
    await given(tokenOf(OLD, secretOf(1)));
    await (await boot({ keys: [OLD] })).rotateTotpKeys();
    await database.query(`update tenxyte_maintenance.totp_keys set first_used_at = now() - interval '400 days'`);
    await booted.close();
    const maintenance = await boot({ keys: [NEW, OLD] });
    expect(await maintenance.rotateTotpKeys({ dryRun: true })).toMatchObject({ keyInUseSince: null, keyAgeDays: null });
    expect(await maintenance.rotateTotpKeys()).toMatchObject({ keyAgeDays: 0, rotated: 1 });
    expect(heard()).toEqual([]);
    const stored = await database.query<{ fingerprint: string }>(
      'select fingerprint from tenxyte_maintenance.totp_keys',
    );
    expect(leaks.see(stored)).toHaveLength(2);
  });

  it('warns of secrets that are not encrypted, and encrypts them when the options say so', async () => {
    await given(secretOf(1));
    await (await boot({ keys: [NEW] })).rotateTotpKeys();
    expect(lines('1 TOTP secret is not encrypted')).toHaveLength(1);
    await booted.close();
    const maintenance = await boot({ keys: [NEW], encryptPlaintext: true });
    expect(await maintenance.rotateTotpKeys({ encryptPlaintext: false })).toMatchObject({ leftPlaintext: 1 });
    expect(await maintenance.rotateTotpKeys()).toMatchObject({ encryptedPlaintext: 1, leftPlaintext: 0 });
  });

  it('changes nothing in a dry run, and leaves no record', async () => {
    await given(tokenOf(OLD, secretOf(1)));
    const before = await storedSecrets(database);
    const maintenance = await boot({ keys: [NEW, OLD], mode: 'atomic' });
    expect(await maintenance.rotateTotpKeys({ dryRun: true })).toMatchObject({
      mode: 'atomic',
      rotated: 1,
      dryRun: true,
    });
    expect(await storedSecrets(database)).toEqual(before);
    expect(await recordedRuns(database)).toEqual([]);
  });

  it('notes no key that no secret is under, and none in a dry run', async () => {
    const noted = (): Promise<unknown[]> => database.query('select from tenxyte_maintenance.totp_keys');
    const unnoted = { keyInUseSince: null, keyAgeDays: null, lastRotationAt: null };
    await given(null);
    const maintenance = await boot({ keys: [NEW] });
    expect(await maintenance.rotateTotpKeys()).toMatchObject({ total: 0, ...unnoted });
    await given(tokenOf(NEW, secretOf(1)));
    expect(await maintenance.rotateTotpKeys({ dryRun: true })).toMatchObject({ alreadyCurrent: 1, ...unnoted });
    expect(await noted()).toEqual([]);
    expect(await maintenance.rotateTotpKeys()).toMatchObject({ keyAgeDays: 0, lastRotationAt: null });
    expect(await noted()).toHaveLength(1);
  });

  it('says in a dry run that a key is of unknown age when there is no schema to know it from', async () => {
    await given(tokenOf(NEW, secretOf(1)));
    const maintenance = await boot({ keys: [NEW] });
    await database.query('drop schema if exists tenxyte_maintenance cascade');
    expect(await maintenance.rotateTotpKeys({ dryRun: true })).toMatchObject({ alreadyCurrent: 1, keyAgeDays: null });
  });

  it('is refused while another one goes on, in whatever process', async () => {
    await given(tokenOf(OLD, secretOf(1)));
    const maintenance = await boot({ keys: [NEW, OLD] });
    await database.query(
      `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, lease_expires_at)
       values (gen_random_uuid(), 'totp-key-rotation', 'cli', 'pod-7:1:ab', 'running', now(), now() + interval '1 hour')`,
    );
    expect(await maintenance.rotateTotpKeys()).toMatchObject({
      task: 'totp-key-rotation',
      status: 'skipped',
      dryRun: false,
      rotated: 0,
      undecryptableUserIds: [],
      safeToRetirePreviousKeys: false,
      error: { code: 'ALREADY_RUNNING', message: expect.stringContaining('pod-7:1:ab') },
    });
  });

  it('is refused without keys, and with a call that makes no sense, before anything is touched', async () => {
    await boot({});
    const maintenance = booted.get(TenxyteMaintenanceService);
    await expect(maintenance.rotateTotpKeys()).rejects.toThrow('totp.keys is an empty list');
    await expect(booted.get(TotpKeyRotationService).rotateTotpKeys()).rejects.toThrow('totp.keys is an empty list');
    for (const request of [{ mode: 'slowly' as 'rolling' }, { onProgress: 'loudly' as unknown as () => void }]) {
      const refused = maintenance.rotateTotpKeys(request);
      await expect(refused).rejects.toThrow(MaintenanceConfigError);
      await expect(refused).rejects.toThrow(/^Invalid call of rotateTotpKeys\(\)/);
    }
    expect(await recordedRuns(database)).toEqual([]);
  });

  it('ignores a listener to its progress that throws', async () => {
    await given(tokenOf(OLD, secretOf(1)));
    const maintenance = await boot({ keys: [NEW, OLD] });
    const onProgress = (): void => {
      throw new Error('no progress wanted');
    };
    expect(await maintenance.rotateTotpKeys({ onProgress })).toMatchObject({ status: 'succeeded', rotated: 1 });
    expect(lines('onProgress threw')).toHaveLength(1);
  });
});
