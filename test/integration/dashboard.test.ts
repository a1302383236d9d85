import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type CallHandler, Inject, Injectable, Module, UnauthorizedException, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { transform } from 'esbuild';
import helmet from 'helmet';
import { map } from 'rxjs';
import { DataSource } from 'typeorm';
import type { RunSummary } from '../../src/index.js';
import { SCRIPT } from '../../src/dashboard/assets.js';
import { TenxyteMaintenanceDashboardModule } from '../../src/dashboard/index.js';
import { LiveStreams } from '../../src/dashboard/live-streams.js';
import { type DashboardApp, dashboardApp, type DashboardAppSetup } from '../support/dashboard-app.js';
import { eventually } from '../support/eventually.js';
import { type Gate, gateBeforeDeleting } from '../support/gate.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';

const LONG_AGO = '2001-01-01T00:00:00Z';
const SAME_SITE = { 'sec-fetch-site': 'same-origin', 'content-type': 'text/plain' };
const PAGES = ['overview', 'history', 'policy', 'holds', 'confirm?task=cleanup'];
const HOSTILE = `<script>alert(1)</script>"'&\u202Eevil\u0007`;

/** What hosts do to all of their answers and parameters. */
const wrapping = {
  intercept: (_context: unknown, next: CallHandler) => next.handle().pipe(map((data: unknown) => ({ data }))),
};
const refusing = {
  transform: (): never => {
    throw new Error('a pipe of the host was asked');
  },
};

const SETUPS: readonly (readonly [string, DashboardAppSetup])[] = (['express', 'fastify'] as const).flatMap(
  (adapter) => [
    [`${adapter}, as it comes`, { adapter }],
    [
      `${adapter}, behind a prefix, with versions and under another path`,
      {
        adapter,
        place: 'api/ops/cleaning',
        dashboard: { path: 'ops/cleaning' },
        configure: (app) =>
          app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' }),
      },
    ],
    [`${adapter}, without a body parser`, { adapter, nest: { bodyParser: false } }],
    [
      `${adapter}, with helmet, interceptors and pipes`,
      {
        adapter,
        configure: (app) => app.use(helmet()).useGlobalInterceptors(wrapping).useGlobalPipes(refusing),
      },
    ],
  ],
);

describe('the dashboard', () => {
  const database = useTestDatabase();
  let served: DashboardApp | undefined;
  let gate: Gate | undefined;

  beforeAll(() => insertReferences(database));
  beforeEach(() =>
    database.query(
      'drop schema if exists tenxyte_maintenance cascade; truncate blacklisted_tokens, otp_codes, agent_tokens cascade',
    ),
  );
  afterEach(async () => {
    await gate?.remove();
    gate = undefined;
    await served?.close();
    served = undefined;
  });

  const serve = async (setup?: DashboardAppSetup): Promise<DashboardApp> => {
    served = await dashboardApp(database.url, setup);
    return served;
  };
  const get = (place: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${served?.base}${place}`, { redirect: 'manual', headers });
  const text = async (place: string): Promise<string> => (await get(place)).text();
  const post = (
    place: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = SAME_SITE,
  ): Promise<Response> =>
    fetch(`${served?.base}${place}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'text/plain', ...headers },
      body: Object.entries(fields)
        .map(([name, value]) => `${name}=${value}\r\n`)
        .join(''),
    });
  /** The latest run of a task, once it is over. */
  const ended = (task: 'cleanup' | 'agent-heartbeat'): Promise<RunSummary> =>
    eventually(async () => {
      const [run] = (await served?.maintenance.history({ task })) ?? [];
      return run !== undefined && run.status !== 'running' && run;
    });
  const left = async (table: string): Promise<number> => (await database.query(`select from ${table}`)).length;
  const deny = {
    canActivate: (): never => {
      throw new UnauthorizedException();
    },
  };

  describe.each(SETUPS)('on %s', (_name, setup) => {
    it('serves each page whole, with its own policy of content and referrers, and relative addresses alone', async () => {
      await serve(setup);
      const root = await fetch((served?.base ?? '').replace(/\/$/, ''), { redirect: 'manual' });
      expect(root.status).toBe(303);
      const { pathname } = new URL(root.headers.get('location') ?? '', (served?.base ?? '').replace(/\/$/, ''));
      expect(pathname).toBe(new URL('overview', served?.base).pathname);
      for (const [slashed, place] of [
        ['', 'overview'],
        ['history/?all=1', 'history?all=1'],
      ] as const) {
        const answer = await get(slashed);
        const there = new URL(answer.headers.get('location') ?? '', `${served?.base}${slashed}`);
        // Fastify knows no such address unless it is told to.
        const nowhere = [404, `${served?.base}${slashed}`];
        const expected = setup.adapter === 'fastify' ? nowhere : [303, `${served?.base}${place}`];
        expect([answer.status, String(there)]).toEqual(expected);
      }
      for (const page of PAGES) {
        const answer = await get(page);
        const body = await answer.text();
        expect([page, answer.status, answer.headers.get('content-type')]).toEqual([
          page,
          200,
          'text/html; charset=utf-8',
        ]);
        expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self'/);
        expect(answer.headers.get('referrer-policy')).toBe('same-origin');
        expect(answer.headers.get('cache-control')).toBe('no-store');
        expect(body.trim()).toMatch(/^<!doctype html>[\s\S]*<\/html>$/);
        expect([...body.matchAll(/(?:href|src|action)="([^"]*)"/g)].map(([, at = '']) => at)).not.toContainEqual(
          expect.stringMatching(/^(\/|https?:|\.)/),
        );
        // Nothing inline.
        expect(body).not.toMatch(/<style|<script(?! src)|style="|onclick/);
        expect(body.length).toBeLessThan(60_000);
      }
      const [, style = ''] = /href="(files\/style-[^"]+)"/.exec(await text('overview')) ?? [];
      const file = await get(style);
      expect(file.headers.get('cache-control')).toContain('immutable');
      expect(file.headers.get('content-type')).toBe('text/css; charset=utf-8');
      expect((await get('files/style-0.css')).status).toBe(404);
      expect((await get('elsewhere')).status).toBe(404);
    });

    it('takes forms, whatever parses bodies there', async () => {
      await serve({ ...setup, dashboard: { ...setup.dashboard, actor: () => 'Ann' } });
      await insertRows(database, 'blacklisted_tokens', [{ expires_at: LONG_AGO }]);
      const started = await post('run?task=cleanup', { reason: 'ticket 4711 = urgent' });
      expect([started.status, started.headers.get('location')]).toEqual([
        303,
        expect.stringMatching(/^run\?id=[0-9a-f-]{36}$/),
      ]);
      const run = await ended('cleanup');
      expect(run).toMatchObject({ trigger: 'manual', startedBy: { actor: 'Ann', reason: 'ticket 4711 = urgent' } });
      const page = await text(started.headers.get('location') ?? '');
      expect(page).toContain('deleted 1 row');
      expect(page).toContain('<b>Ann</b>');
    });
  });

  describe('who may come in', () => {
    it.each([
      ['nothing said of guards', {}, 'guards is undefined'],
      ['no guard in the list', { guards: [] }, 'guards is a list'],
      ['what is no guard', { guards: [{}] }, 'guards is a list'],
      ['a path with slashes around it', { guards: 'none', path: '/ops/' }, 'path is "/ops/"'],
      ['a right that is no function', { guards: 'none', access: 'all' }, 'access is "all"'],
      ['an option that there is none of', { guards: 'none', theme: 'dark' }, 'theme is not an option'],
    ])('is asked before anything starts: %s', (_what, options, problem) => {
      expect(() => TenxyteMaintenanceDashboardModule.forRoot(options as never)).toThrow(
        `Invalid options of TenxyteMaintenanceDashboardModule: ${problem}`,
      );
    });

    it.each(['express', 'fastify'] as const)('is for the guards of the host to say, on %s', async (adapter) => {
      await serve({ adapter, dashboard: { guards: [deny] } });
      expect((await fetch((served?.base ?? '').replace(/\/$/, ''))).status).toBe(401);
      for (const place of [...PAGES, 'stream', 'files/x', 'run?id=1']) {
        expect([place, (await get(place)).status]).toEqual([place, 401]);
      }
      expect((await post('run?task=cleanup')).status).toBe(401);
    });

    it('is for guards with dependencies of their own, and for global ones', async () => {
      @Injectable()
      class Doors {
        public readonly areOpen = false;
      }
      @Injectable()
      class DoorGuard {
        public constructor(@Inject(Doors) private readonly doors: Doors) {}
        public canActivate(): boolean {
          return this.doors.areOpen;
        }
      }
      @Module({ providers: [Doors], exports: [Doors] })
      class DoorsModule {}
      await serve({ dashboard: { guards: [DoorGuard], imports: [DoorsModule] } });
      expect((await get('overview')).status).toBe(403);
      await served?.close();
      await serve({ dashboard: { guards: 'none' }, configure: (app) => app.useGlobalGuards(deny) });
      expect((await get('overview')).status).toBe(401);
    });

    it.each([
      ['forbidden', 'forbidden'],
      ['an answer that is none', 'everything'],
      ['nothing', undefined],
    ])('is nobody whom access gives %s', async (_name, access) => {
      await serve({ dashboard: { access: () => access as never } });
      const answers = [await get('overview'), await get('stream'), await post('run?task=cleanup')];
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    });

    it('goes by what the host knows of the request, and by what it throws', async () => {
      const access = ({ headers }: { headers: Record<string, string> }): 'all' | 'read-only' => {
        if (headers['x-role'] === undefined) {
          throw new UnauthorizedException();
        }
        return headers['x-role'] === 'admin' ? 'all' : 'read-only';
      };
      await serve({ dashboard: { access } });
      expect((await get('overview')).status).toBe(401);
      expect(await (await get('overview', { 'x-role': 'admin' })).text()).toContain('Dry run');
      const page = await (await get('overview', { 'x-role': 'auditor' })).text();
      expect(page).toContain('read-only');
      expect(page).not.toMatch(/<form|<button|Dry run/);
    });

    it.each([
      ['who may look alone', { access: () => 'read-only' as const }],
      ['of a dashboard that is read-only', { readOnly: true }],
      ['who may do something else', { access: () => ({ can: [] }) }],
    ])('lets nobody do a thing %s', async (_name, dashboard) => {
      await serve({ dashboard: { actor: () => 'Ann', ...dashboard } });
      await insertRows(database, 'blacklisted_tokens', [{ expires_at: LONG_AGO }]);
      const { id } = await (served as DashboardApp).maintenance.holds.place({
        caseRef: 'C',
        reason: 'R',
        placedBy: 'Ann',
        userId: 1,
      });
      const calls = [
        'run?task=cleanup',
        'cancel?id=1234',
        'pause?task=cleanup',
        'resume?task=cleanup',
        'place-hold',
        `release-hold?id=${id}`,
      ];
      for (const call of calls) {
        expect([call, (await post(call, { reason: 'x', caseRef: 'x', userId: '1' })).status]).toEqual([call, 403]);
      }
      expect((await get('confirm?task=cleanup')).status).toBe(403);
      expect(await left('blacklisted_tokens')).toBe(1);
      expect(await served?.maintenance.holds.list({ ended: true })).toHaveLength(1);
    });

    it('takes whoever may run a task for one who may look at its dry run, and an actor for a text alone', async () => {
      await serve({ dashboard: { access: () => ({ can: ['run'] }) } });
      expect(await text('confirm?task=cleanup')).toContain('Run now');
      await served?.close();
      await serve({ dashboard: { actor: () => ({ name: 'Ann' }) as never } });
      expect((await get('overview')).status).toBe(500);
    });

    it('gives each right alone', async () => {
      await serve({ dashboard: { access: () => ({ can: ['dry-run'] }) } });
      expect((await get('confirm?task=cleanup')).status).toBe(200);
      expect(await text('confirm?task=cleanup')).not.toContain('<form');
      expect((await post('run?task=cleanup')).status).toBe(403);
    });
  });

  describe('a form', () => {
    it.each([
      ['from another site', { 'sec-fetch-site': 'cross-site' }, 403],
      ['from another host of the same domain', { 'sec-fetch-site': 'same-site' }, 403],
      ['of nobody known', {}, 403],
      ['that somebody typed the address of', { 'sec-fetch-site': 'none' }, 403],
      ['over plain http, from another host', { origin: 'http://evil.example' }, 403],
      ['over plain http, of an origin that is hidden', { origin: 'null' }, 403],
      ['over plain http, from this one', { origin: 'this' }, 303],
      ['from this site', SAME_SITE, 303],
    ])('%s is answered with its due', async (_name, headers, status) => {
      await serve();
      const own =
        'origin' in headers && headers.origin === 'this' ? { origin: new URL(served?.base ?? '').origin } : headers;
      const answer = await post('pause?task=cleanup', { reason: 'x' }, own);
      expect(answer.status).toBe(status);
      const [cleanup] = (await served?.maintenance.status())?.tasks ?? [];
      expect(cleanup?.pause === null).toBe(status === 403);
    });

    it('is not what a picture on another page asks for', async () => {
      await serve();
      expect((await get('confirm?task=cleanup', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    });

    it('pauses a task with who and why, and resumes it', async () => {
      await serve({ dashboard: { actor: () => 'Ann' } });
      expect((await post('pause?task=cleanup', { reason: '', until: '1d' })).status).toBe(422);
      expect((await post('pause?task=cleanup', { reason: 'a migration', until: '1d' })).headers.get('location')).toBe(
        'overview',
      );
      expect(await text('overview')).toMatch(/paused[\s\S]*a migration/);
      const refused = await post('run?task=cleanup');
      expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining('TASK_PAUSED')]);
      expect((await post('resume?task=cleanup')).status).toBe(303);
      const again = await post('resume?task=cleanup');
      expect([again.status, await again.text()]).toEqual([409, expect.stringContaining('NOT_PAUSED')]);
    });

    it('cancels a run with who and why, and the page tells of it', async () => {
      await serve({ dashboard: { actor: () => 'Ann' } });
      const [id = ''] = await insertRows(database, 'blacklisted_tokens', [{ expires_at: LONG_AGO }]);
      gate = await gateBeforeDeleting(database, 'blacklisted_tokens', id);
      const { headers } = await post('run?task=cleanup');
      await gate.reached();
      const place = headers.get('location') ?? '';
      expect(await text(place)).toMatch(/running[\s\S]*Cancel run/);
      expect((await post(place.replace('run', 'cancel'), { reason: 'too slow' })).headers.get('location')).toBe(place);
      expect(await text(place)).toMatch(/Stops after the batch in flight[\s\S]*Ann[\s\S]*too slow/);
      const busy = await post('run?task=cleanup');
      expect([busy.status, await busy.text()]).toEqual([409, expect.stringContaining('ALREADY_RUNNING')]);
      await gate.open();
      expect(await ended('cleanup')).toMatchObject({ status: 'stopped' });
      const late = await post(place.replace('run', 'cancel'));
      expect([late.status, await late.text()]).toEqual([409, expect.stringContaining('RUN_ENDED')]);
    });

    it.each(['express', 'fastify'] as const)(
      'that is too long to be from here does nothing, on %s',
      async (adapter) => {
        await serve({ adapter });
        for (const length of [70_000, 900_000]) {
          const answer = await post('pause?task=cleanup', { reason: 'x', until: '1h', more: 'y'.repeat(length) });
          expect([length, answer.status]).toEqual([length, 422]);
        }
        expect((await served?.maintenance.status())?.tasks[0]?.pause).toBeNull();
      },
    );

    it.each(['express', 'fastify'] as const)('goes by the path that routes and proxies see, on %s', async (adapter) => {
      await serve({ adapter });
      const { hostname, port } = new URL(served?.base ?? '');
      const call = request({
        hostname,
        port,
        method: 'POST',
        path: '/maintenance/x\\pause?task=cleanup',
        headers: SAME_SITE,
      });
      const [answer] = (await once(call.end('reason=x'), 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(404);
      expect((await served?.maintenance.status())?.tasks[0]?.pause).toBeNull();
    });

    it('that is reloaded often, or asked for by many, counts once at a time', async () => {
      await serve();
      const { maintenance } = served as DashboardApp;
      const runs = jest.spyOn(maintenance, 'runTask');
      const other = await database.connect();
      await other.query('begin; lock table blacklisted_tokens in access exclusive mode');
      const pages = Array.from({ length: 15 }, () => text('confirm?task=cleanup'));
      await eventually(async () => runs.mock.calls.length > 0);
      expect((await get('overview')).status).toBe(200);
      await other.query('rollback');
      expect(new Set(await Promise.all(pages)).size).toBe(1);
      expect(runs).toHaveBeenCalledTimes(1);
      await text('confirm?task=cleanup');
      expect(runs).toHaveBeenCalledTimes(2);
    });

    it('that nobody waits for any more is given up', async () => {
      await serve();
      const { maintenance } = served as DashboardApp;
      const runs = jest.spyOn(maintenance, 'runTask');
      const other = await database.connect();
      await other.query('begin; lock table blacklisted_tokens in access exclusive mode');
      const readers = [new AbortController(), new AbortController()];
      const pages = readers.map(({ signal }) => fetch(`${served?.base}confirm?task=cleanup`, { signal }));
      await eventually(async () => runs.mock.calls.length > 0);
      const [[, { signal }]] = runs.mock.calls as unknown as [[string, { readonly signal: AbortSignal }]];
      readers[0]?.abort();
      await expect(pages[0]).rejects.toThrow('aborted');
      expect(signal.aborted).toBe(false);
      readers[1]?.abort();
      await expect(pages[1]).rejects.toThrow('aborted');
      await eventually(async () => signal.aborted);
      await other.query('rollback');
    });

    it('says what could not be counted, and does not take it for nothing', async () => {
      await serve();
      await insertRows(database, 'blacklisted_tokens', [{ expires_at: LONG_AGO }]);
      const other = await database.connect();
      await other.query('begin; lock table blacklisted_tokens in access exclusive mode');
      const page = await text('confirm?task=cleanup');
      await other.query('rollback');
      expect(page).toMatch(/A run would delete\s+<b>0 rows<\/b\s*>; not counted: <b>blacklisted_tokens<\/b>/);
      expect(page).toContain('Delete now');
    });

    it('overrides a brake for the target alone whose name was typed', async () => {
      await serve({ options: { cleanup: { maxRowsPerTarget: 1 } } });
      await insertRows(database, 'blacklisted_tokens', [{ expires_at: LONG_AGO }, { expires_at: LONG_AGO }]);
      await insertRows(database, 'otp_codes', [{ expires_at: LONG_AGO }, { expires_at: LONG_AGO }]);
      const dryRun = await text('confirm?task=cleanup');
      expect(dryRun).toMatch(/A run would delete\s+<b>0 rows<\/b/);
      expect(dryRun).toContain('Override the brake of blacklisted_tokens');
      const place = 'run?task=cleanup&only=blacklisted_tokens';
      const refused = await post(place, { override: 'blacklisted', reason: 'x' });
      expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('type blacklisted_tokens')]);
      const ofAll = await post('run?task=cleanup', { override: 'cleanup', reason: 'x' });
      expect([ofAll.status, await ofAll.text()]).toEqual([422, expect.stringContaining('for one target')]);
      expect(await left('blacklisted_tokens')).toBe(2);
      expect((await post(place, { override: 'blacklisted_tokens', reason: 'counted' })).status).toBe(303);
      expect(await ended('cleanup')).toMatchObject({ status: 'succeeded', force: true });
      expect([await left('blacklisted_tokens'), await left('otp_codes')]).toEqual([0, 2]);
    });

    it('says of a target that a brake refused that it was', async () => {
      await serve({ options: { cleanup: { maxRowsPerTarget: 1 } } });
      await insertRows(database, 'blacklisted_tokens', [{ expires_at: LONG_AGO }, { expires_at: LONG_AGO }]);
      const { runId } = await (served as DashboardApp).maintenance.cleanup();
      const page = await text(`run?id=${runId}`);
      expect(page).toMatch(/blacklisted_tokens<\/th>[\s\S]*?<\/span>refused<\/span>[\s\S]*?BRAKE_MAX_ROWS/);
      expect(page).not.toContain('</span>failed<');
    });

    it('offers no way past the brake on suspensions, as there is none', async () => {
      await serve({ options: { agentHeartbeat: { massSuspensionBrake: { maxFraction: 0.1, minAgents: 1 } } } });
      await insertRows(database, 'agent_tokens', [
        { status: 'ACTIVE', heartbeat_required_every: 60, last_heartbeat_at: LONG_AGO, created_at: LONG_AGO },
      ]);
      const page = await text('confirm?task=agent-heartbeat');
      expect(page).toContain('MASS_SUSPENSION');
      expect(page).not.toContain('Override');
    });

    it('places a hold and releases it, with who and why', async () => {
      await serve({ dashboard: { actor: () => 'Dana' } });
      const nothing = await post('place-hold', { caseRef: 'CASE-1', reason: 'a lawsuit' });
      expect([nothing.status, await nothing.text()]).toEqual([
        422,
        expect.stringContaining('nothing that the hold names'),
      ]);
      const fields = {
        caseRef: 'CASE-1',
        reason: 'a lawsuit',
        identifiers: 'ann@example.com, bob@example.com',
        createdFrom: '2026-01-01',
      };
      const placed = await post('place-hold', fields);
      expect(placed.status).toBe(303);
      const [hold] = await (served as DashboardApp).maintenance.holds.list();
      expect(hold).toMatchObject({
        caseRef: 'CASE-1',
        placedBy: 'Dana',
        identifiers: ['ann@example.com', 'bob@example.com'],
        createdFrom: '2026-01-01T00:00:00.000000Z',
      });
      expect(await text('holds')).toContain('ann@example.com');
      expect((await post(`release-hold?id=${hold?.id}`, { reason: 'settled' })).status).toBe(303);
      expect(await text('holds')).toMatch(/cooling-down[\s\S]*Dana[\s\S]*settled/);
    });

    it.each(['2026-02-30', '+275760-09-13', 'soon'])(
      'holds nothing from a day that there is not: %s',
      async (createdFrom) => {
        await serve({ dashboard: { actor: () => 'Dana' } });
        const answer = await post('place-hold', { caseRef: 'C', reason: 'R', createdFrom });
        expect([answer.status, await answer.text()]).toEqual([422, expect.stringContaining('createdFrom')]);
        expect(await served?.maintenance.holds.list()).toEqual([]);
      },
    );

    it('takes an actor that is null for nobody', async () => {
      await serve({ dashboard: { actor: () => null as never } });
      expect((await post('pause?task=cleanup', { reason: 'x' })).status).toBe(303);
      expect(await text('holds')).toContain('Holds take the name of who places them');
    });

    it('places no hold for nobody, and shows whom holds name to those alone who place them', async () => {
      await serve();
      await (served as DashboardApp).maintenance.holds.place({
        caseRef: 'C',
        reason: 'R',
        placedBy: 'Ann',
        identifiers: ['ann@example.com'],
      });
      expect((await post('place-hold', { caseRef: 'C', reason: 'R', userId: '1' })).status).toBe(422);
      const page = await text('holds');
      expect(page).toContain('1 identifier');
      expect(page).not.toContain('ann@example.com');
      expect(page).toContain('Holds take the name of who places them');
    });
  });

  describe('a page', () => {
    it('shows what others wrote into the database as text', async () => {
      await serve({ dashboard: { actor: () => 'Ann', title: 'Ops <b>' } });
      const { maintenance } = served as DashboardApp;
      const [id] = await insertRuns(database, [
        {
          started_at: new Date().toISOString(),
          actor: HOSTILE,
          reason: HOSTILE,
          summary: HOSTILE,
          owner: HOSTILE,
          status: 'failed',
          error: { code: HOSTILE, message: HOSTILE },
        },
      ]);
      await maintenance.holds.place({
        caseRef: HOSTILE.replaceAll('\u0007', ''),
        reason: 'R',
        placedBy: '<i>',
        userId: 1,
      });
      const hostile = String(new URLSearchParams({ target: HOSTILE, task: HOSTILE, action: HOSTILE, id: HOSTILE }));
      for (const page of [
        'overview',
        'history',
        `run?id=${id}`,
        'holds',
        `policy?${hostile}`,
        `history?${hostile}`,
        `confirm?${hostile}`,
        `run?${hostile}`,
      ]) {
        const body = await text(page);
        expect([page, body]).not.toEqual([page, expect.stringMatching(/<script>|<i>|Ops <b>|\u202e/i)]);
        expect(body).toContain('Ops &lt;b&gt;');
      }
      expect(await text(`run?id=${id}`)).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;evil');
    });

    it('loads itself again only while a run is at work, as that empties a form that somebody fills in', async () => {
      await serve();
      await (served as DashboardApp).maintenance.migrate();
      expect(await text('overview')).not.toContain('http-equiv="refresh"');
      const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
      await insertRuns(database, [{ started_at: LONG_AGO, status: 'running', lease_expires_at: inAnHour }]);
      expect(await text('overview')).toContain('http-equiv="refresh"');
    });

    it('shows a run whose words are those of every object', async () => {
      await serve();
      await (served as DashboardApp).maintenance.migrate();
      const target = { name: 'x', status: '__proto__', rows: 1, cutoff: null, retentionDays: 3, durationMs: 3 };
      const report = { task: 'cleanup', rows: 1, targets: [target] };
      const run = { started_at: LONG_AGO, task: '__proto__', trigger: 'constructor', summary: 'x', report };
      const [id] = await insertRuns(database, [run]);
      expect((await get(`run?id=${id}`)).status).toBe(200);
      expect((await get('history')).status).toBe(200);
    });

    it('lists runs by task and state, page by page', async () => {
      await serve();
      await (served as DashboardApp).maintenance.migrate();
      const runs = Array.from({ length: 30 }, (_, place) => ({
        started_at: new Date(Date.UTC(2026, 0, 1 + place)).toISOString(),
        summary: `run ${place + 1}.`,
        ...(place === 3 ? { status: 'failed' } : {}),
        ...(place === 29 ? { is_idle: true } : {}),
      }));
      await insertRuns(database, runs);
      const summaries = (page: string): string[] => [...page.matchAll(/run \d+\./g)].map(([each]) => each);
      const first = await text('history');
      expect(summaries(first)).toHaveLength(25);
      expect(summaries(first)[0]).toBe('run 29.');
      expect(summaries(await text('history?all=1'))[0]).toBe('run 30.');
      const [, older = ''] = /href="(history\?before=[^"]+)"/.exec(first) ?? [];
      expect(summaries(await text(older.replaceAll('&amp;', '&')))).toEqual(['run 4.', 'run 3.', 'run 2.', 'run 1.']);
      expect(summaries(await text('history?task=cleanup&status=failed'))).toEqual(['run 4.']);
      expect((await get('history?status=odd')).status).toBe(422);
    });

    it('lists holds page by page, those in force first', async () => {
      await serve({ dashboard: { actor: () => 'Dana' } });
      const { holds } = (served as DashboardApp).maintenance;
      for (let userId = 1; userId <= 45; userId += 1) {
        await holds.place({ caseRef: `case ${userId}.`, reason: 'R', placedBy: 'Ann', userId });
      }
      const cases = (page: string): string[] => [...page.matchAll(/<h2>(case \d+\.)/g)].map(([, each = '']) => each);
      const first = await text('holds');
      expect(first.length).toBeLessThan(60_000);
      expect([cases(first).length, cases(first)[0]]).toEqual([20, 'case 45.']);
      expect(first).toContain('href="holds?page=2"');
      expect(cases(await text('holds?page=3'))).toEqual(['case 5.', 'case 4.', 'case 3.', 'case 2.', 'case 1.']);
      for (const page of ['9', '1e9', 'x', '-1', 'Infinity']) {
        expect((await get(`holds?page=${page}`)).status).toBe(200);
      }
    });

    it('says which rule holds for a row, and what was wrong with the question', async () => {
      const rules = [{ target: 'audit_logs', actions: ['login_failed'], days: 30 }] as const;
      await serve({ options: { retention: { rules } } });
      expect(await text('policy?target=audit_logs&action=login_failed&createdAt=2020-01-01')).toMatch(
        /<b>action login_failed<\/b> holds: kept for\s+30 days, due[\s\S]*deleted by the next cleanup/,
      );
      expect(await text('policy?target=audit_logs&createdAt=2020-02-30')).toContain('accepted is a time that there is');
      expect(await (await get('policy-document')).text()).toMatch(/^# /);
    });

    it('tells of each task what came of it', async () => {
      await serve();
      const { maintenance } = served as DashboardApp;
      await database
        .query(
          `
        insert into agent_tokens (token, agent_id, status, created_at, heartbeat_required_every, last_heartbeat_at)
        select 't', '${HOSTILE.replaceAll("'", "''").replaceAll('\u0007', '')}', 'ACTIVE', now(), 60, now() - interval '1 day'`,
        )
        .catch(() => undefined);
      const reports = [await maintenance.checkAgentHeartbeats({ force: true }), await maintenance.cleanup()];
      for (const { runId, task } of reports) {
        expect((await get(`run?id=${runId}`)).status).toBe(200);
        expect(await text(`history?task=${task}`)).toContain(runId);
      }
      expect((await get('run?id=12345678')).status).toBe(404);
    });

    it('says so when the database is away', async () => {
      await serve();
      await served?.app.get(DataSource).destroy();
      const answer = await get('overview');
      expect(answer.status).toBeGreaterThanOrEqual(500);
      expect(await answer.text()).toContain('That did not work');
    });
  });

  describe('a stream', () => {
    const open = async (): Promise<ReadableStreamDefaultReader<Uint8Array>> => {
      const { body, headers, status } = await get('stream');
      expect([status, headers.get('content-type'), headers.get('connection')]).toEqual([
        200,
        'text/event-stream; charset=utf-8',
        'close',
      ]);
      return (body as ReadableStream<Uint8Array>).getReader();
    };

    it.each(['express', 'fastify'] as const)('tells of a run of any process, on %s', async (adapter) => {
      await serve({ adapter });
      const { maintenance } = served as DashboardApp;
      await maintenance.migrate();
      const reader = await open();
      await insertRuns(database, [{ started_at: new Date().toISOString() }]);
      let heard = '';
      while (!heard.includes('event: change')) {
        const { value, done } = await reader.read();
        expect(done).toBe(false);
        heard += Buffer.from(value ?? []).toString();
      }
      await reader.cancel();
    });

    it.each(['express', 'fastify'] as const)('has a head that ends, on %s', async (adapter) => {
      await serve({ adapter });
      const { status } = await fetch(`${served?.base}stream`, { method: 'HEAD' });
      expect(status).toBe(200);
      await served?.close();
      served = undefined;
    });

    it.each(['express', 'fastify'] as const)(
      'does not hold up the end of the application, nor do ten of them, on %s',
      async (adapter) => {
        await serve({ adapter });
        const readers = await Promise.all(Array.from({ length: 10 }, open));
        const begun = performance.now();
        await served?.close();
        expect(performance.now() - begun).toBeLessThan(1_000);
        for (const reader of readers) {
          await expect(eventually(async () => (await reader.read()).done)).resolves.toBe(true);
        }
        served = undefined;
      },
    );
  });

  it('tells nobody of a change once the application ends', async () => {
    await serve();
    const streams = (served as DashboardApp).app.get(LiveStreams, { strict: false });
    const opened = jest.spyOn(streams, 'open');
    const { body } = await get('stream');
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const crashes: unknown[] = [];
    const response = opened.mock.calls[0]?.[0];
    response?.on('error', (error) => crashes.push(error));
    streams.onModuleDestroy();
    streams.tell();
    await eventually(async () => (await reader.read()).done);
    expect([response?.writableEnded, crashes]).toEqual([true, []]);
  });

  it('needs the module that it is about', async () => {
    @Module({ imports: [TenxyteMaintenanceDashboardModule.forRoot({ guards: 'none' })] })
    class LonelyModule {}
    const app = await NestFactory.create(LonelyModule, { logger: false, abortOnError: false });
    await expect(app.init()).rejects.toThrow('no TenxyteMaintenanceModule');
    await app.close();
  });

  it('is light: the script is within 8 KB on the wire', async () => {
    const { code } = await transform(SCRIPT.text, { minify: true });
    expect(gzipSync(code).length).toBeLessThan(8 * 1024);
  });
});
