import 'reflect-metadata';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { Cron, ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Connection, withHost, withMaintenance } from '../../src/cli/session/maintenance-context.js';
import { inSession } from '../../src/cli/session/open-session.js';
import { TenxyteMaintenanceModule } from '../../src/index.js';
import { useConfigFiles } from '../support/command-line.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const SILENT = { log: () => undefined, warn: () => undefined, error: () => undefined };
const CLOSED_PORT = 'postgres://somebody:s3cret@127.0.0.1:1/nowhere';
const database = useTestDatabase();
const notes: string[] = [];
const hidden: Connection[] = [];

beforeAll(() => insertReferences(database));
afterAll(() => {
  jest.restoreAllMocks();
});

const typeOrm = (url: string): DynamicModule =>
  TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, retryAttempts: 0 });

/** The application's own module. */
const host = (module: DynamicModule): Parameters<typeof withHost>[0] => ({
  module,
  logger: SILENT,
  comparison: 'own',
  note: (line) => notes.push(line),
  hide: (options) => hidden.push(options),
});

@Injectable()
class Nightly {
  @Cron('* * * * * *', { name: 'nightly' })
  public work(): void {
    throw new Error('must not work');
  }
}

@Module({})
class Application {}

const application = (
  imports: DynamicModule['imports'] = [],
  providers: DynamicModule['providers'] = [],
): DynamicModule => ({
  module: Application,
  imports,
  providers,
});

describe("a module of the host's", () => {
  it('is booted for the time of the work, and what works by itself is kept from it and named', async () => {
    notes.length = 0;
    hidden.length = 0;
    const module = application(
      [typeOrm(database.url), ScheduleModule.forRoot(), TenxyteMaintenanceModule.forRoot()],
      [Nightly],
    );
    const status = await withHost(host(module), (maintenance) => maintenance.status());
    expect(status).toMatchObject({ task: 'status', isRecorded: false });
    expect(notes).toEqual([expect.stringContaining('nightly')]);
    expect(hidden).toMatchObject([{ url: database.url }]);
    const [{ connections } = { connections: '' }] = await database.query<{ connections: string }>(
      'select count(*) as connections from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    expect(connections).toBe('0');
  });

  it.each<[string, () => DynamicModule, string]>([
    [
      'without this package',
      () => application([typeOrm(database.url)]),
      'does not import the TenxyteMaintenanceModule',
    ],
    [
      'without a data source',
      () => application([TenxyteMaintenanceModule.forRoot()]),
      'has no data source for the maintenance',
    ],
    [
      'with this package twice',
      () =>
        application([
          typeOrm(database.url),
          TenxyteMaintenanceModule.forRoot(),
          TenxyteMaintenanceModule.forRoot({ leaseSeconds: 90 }),
        ]),
      "imports the TenxyteMaintenanceModule of this command's package more than once",
    ],
  ])('%s is refused', async (_what, module, sentence) => {
    const call = withHost(host(module()), async () => 'never');
    await expect(call).rejects.toMatchObject({ code: 'USAGE' });
    await expect(call).rejects.toThrow(sentence);
  });

  it('that is of another release than the application which runs is told so, and what differs', async () => {
    const running = await maintenanceApp(database.url, { options: { retention: { auditLogDays: 400 } } });
    const module = application([typeOrm(database.url), TenxyteMaintenanceModule.forRoot()]);
    const call = withHost({ ...host(module), comparison: 'shared-provider' }, (maintenance) => maintenance.cleanup());
    await expect(call).rejects.toMatchObject({
      code: 'POLICY_DIFFERS',
      message: expect.stringMatching(/auditLogDays.* 400.*The module of --app is of another release/),
    });
    await running.close();
  });

  it('whose database is out of reach is told so, and so is an error of its own', async () => {
    const out = withHost(host(application([typeOrm(CLOSED_PORT), TenxyteMaintenanceModule.forRoot()])), async () => 1);
    await expect(out).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    const broken = application([
      {
        module: class Broken {},
        providers: [{ provide: 'x', useFactory: () => Promise.reject(new Error('its own')) }],
      },
    ]);
    await expect(withHost(host(broken), async () => 1)).rejects.toThrow('its own');
  });
});

describe("this package's own module", () => {
  it('is booted on a connection, and closed whatever the work does', async () => {
    const context = { connection: { url: database.url }, config: {}, logger: SILENT };
    expect(await withMaintenance(context, async (maintenance) => (await maintenance.status()).task)).toBe('status');
    const failing = withMaintenance(context, async () => Promise.reject(new Error('the work')));
    await expect(failing).rejects.toThrow('the work');
  });

  it('says where to look when the connection fails, and keeps no connection when the boot does', async () => {
    const context = { config: {}, logger: SILENT, connectTimeoutMs: 2_000 };
    const byUrl = withMaintenance({ ...context, connection: { url: CLOSED_PORT } }, async () => 1);
    await expect(byUrl).rejects.toThrow('check --database-url or DATABASE_URL');
    const bySource = withMaintenance({ ...context, connection: { host: '127.0.0.1', port: 1 } }, async () => 1);
    await expect(bySource).rejects.toThrow('check the data source');
    const config = { retention: { useExisting: 'nobody' } };
    const boots = withMaintenance({ ...context, config, connection: { url: database.url } }, (maintenance) =>
      maintenance.cleanup({ dryRun: true }),
    );
    await expect(boots).rejects.toThrow('could not find nobody');
  });
});

describe('a session', () => {
  const file = useConfigFiles();
  const output = { note: (line: string) => notes.push(line), hide: () => undefined } as never;
  const request = { env: {}, definition: {}, output, logger: SILENT, enter: (stage: string) => stages.push(stage) };
  const stages: string[] = [];

  it('takes the connection of a data source that a file exports', async () => {
    stages.length = 0;
    const source = file(`export default { options: { type: 'postgres', url: ${JSON.stringify(database.url)} } };`);
    const flags = { dataSource: source };
    expect(await inSession({ ...request, flags }, async (maintenance) => (await maintenance.status()).task)).toBe(
      'status',
    );
    expect(stages[0]).toContain('loading the data source');
  });

  it('boots the module that a file exports', async () => {
    stages.length = 0;
    const app = file(`export class App {} Reflect.defineMetadata('imports', [], App);`);
    const call = inSession({ ...request, env: { DATABASE_URL: CLOSED_PORT }, flags: { app } }, async () => 1);
    await expect(call).rejects.toThrow('does not import the TenxyteMaintenanceModule');
    expect(stages).toEqual([
      expect.stringContaining('loading the application module'),
      'starting the application module and connecting to the database',
    ]);
  });

  it.each([
    [{ app: 'a', databaseUrl: 'b' }, '--database-url is given beside --app'],
    [{ app: 'a', config: 'b' }, '--config is given beside --app'],
    [{ databaseUrl: 'a', dataSource: 'b' }, '--data-source is given beside --database-url'],
  ])('is refused by %j', async (flags, sentence) => {
    await expect(inSession({ ...request, flags }, async () => 1)).rejects.toThrow(sentence);
  });
});
