import { TypeOrmModule } from '@nestjs/typeorm';
import { describe, expect, it } from '@jest/globals';
import { ChildEntity, Column, Entity, PrimaryColumn, TableInheritance, VersionColumn } from 'typeorm';
import { Test } from '@nestjs/testing';
import { defineCleanupTarget, TenxyteMaintenanceModule } from '../../src/index.js';
import type { OwnCleanupTarget, TenxyteMaintenanceOptions } from '../../src/index.js';
import { useTestDatabase } from '../support/test-database.js';

class Timed {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column({ type: 'timestamptz' })
  public endedAt!: Date;

  /** Of the class, and of no column. */
  public label?: string;
}

@Entity({ name: 'app_sessions' })
class AppSession extends Timed {}

/** Registered by nobody: what one test registers, later ones of its process are given too. */
@Entity({ name: 'app_strangers' })
class Stranger extends Timed {}

@Entity({ name: 'app_sessions' })
class SameSession extends Timed {
  @VersionColumn()
  public version!: number;
}

@Entity({ name: 'otp_codes', schema: 'public' })
class Code extends Timed {}

@Entity({ name: 'runs', schema: 'tenxyte_maintenance' })
class Run extends Timed {}

@Entity({ name: 'pets' })
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
class Pet extends Timed {}

@ChildEntity()
class Cat extends Pet {}

const own = (entity: new () => Timed, part: Partial<OwnCleanupTarget> = {}): OwnCleanupTarget => ({
  ...defineCleanupTarget({
    name: 'app_sessions',
    entity: Timed,
    summary: 'ended',
    dueWhen: { before: 'endedAt', days: 30 },
    dimensions: {},
  }),
  entity,
  ...part,
});

describe("a start-up with a target that cannot be the host's own", () => {
  const database = useTestDatabase();

  const boot = async (
    targets: readonly OwnCleanupTarget[],
    entities: readonly (new () => object)[],
    options: TenxyteMaintenanceOptions = {},
  ): Promise<unknown> => {
    const moduleRef = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, retryAttempts: 0 }),
        TypeOrmModule.forFeature([...entities]),
        TenxyteMaintenanceModule.forRoot({ ...options, cleanup: { targets } }),
      ],
    })
      .setLogger({ log() {}, warn() {}, error() {} })
      .compile();
    try {
      await moduleRef.init();
      return undefined;
    } catch (error) {
      return error;
    } finally {
      await moduleRef.close();
    }
  };
  const refusal = (message: string) =>
    expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(message) });

  it('goes well with one that can', async () => {
    expect(await boot([own(AppSession)], [AppSession])).toBeUndefined();
  });

  it.each<[string, OwnCleanupTarget, (new () => object)[], string]>([
    [
      'whose entity the data source does not know',
      own(Stranger),
      [],
      'cleanup.targets.app_sessions.entity is Stranger, unknown to the data source, accepted is a registered entity',
    ],
    [
      'whose condition names a property without a column',
      own(AppSession, { dueWhen: { allOf: [{ before: 'endedAt', days: 30 }, { isNull: 'label' }] } }),
      [AppSession],
      'is AppSession without a column for "label", accepted is one of id, endedAt',
    ],
    [
      'whose dimension names a property without a column',
      own(AppSession, { dimensions: { user: ['userId'] } }),
      [AppSession],
      'is AppSession without a column for "userId", accepted is one of id, endedAt',
    ],
    ['that shares its table with other classes', own(Cat), [Pet, Cat], 'told from other classes of its table'],
    [
      "on a table of one of this package's targets",
      own(Code),
      [Code],
      'the table of the target otp_codes (where they are two, name the schemas of both), accepted is a table that no other target works on',
    ],
    ["on a table of this package's own", own(Run), [Run], "tenxyte_maintenance.runs, a table of this package's own"],
  ])('%s is refused', async (_what, target, entities, message) => {
    expect(await boot([target], entities)).toEqual(refusal(message));
  });

  it('on the table of another one is refused', async () => {
    const targets = [own(AppSession), own(SameSession, { name: 'again' })];
    expect(await boot(targets, [AppSession, SameSession])).toEqual(
      refusal('cleanup.targets.again.entity is app_sessions, the table of the target app_sessions'),
    );
  });
});
