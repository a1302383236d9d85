import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import {
  MaintenanceConfigError,
  MaintenanceError,
  type RunHistoryRequest,
  TenxyteMaintenanceService,
} from '../index.js';
import { ASSETS } from './assets.js';
import { type CompleteDashboardOptions, DASHBOARD_OPTIONS, type DashboardRequest } from './dashboard-options.js';
import { DashboardActions, refusal, taskOf } from './dashboard-actions.js';
import { DryRuns } from './dry-runs.js';
import { Exchange } from './exchange.js';
import { html } from './html.js';
import { layout, type Page } from './layout.js';
import { LiveStreams } from './live-streams.js';
import { confirmPage } from './pages/confirm.page.js';
import { historyPage, RUNS_A_PAGE } from './pages/history.page.js';
import { holdsPage } from './pages/holds.page.js';
import { type MeasuredBacklog, overviewPage } from './pages/overview.page.js';
import { policyPage } from './pages/policy.page.js';
import { runPage } from './pages/run.page.js';
import { isOwnSite, type Visitor, visitorOf } from './visitor.js';

/** One measurement of the backlog serves everybody for so long. */
const BACKLOG_MAX_AGE_MS = 30_000;
/** A page does not wait longer for it: the next one has it. */
const BACKLOG_PATIENCE_MS = 250;
type Answer = (exchange: Exchange, visitor: Visitor) => Promise<void>;
/** Answers every request of the dashboard. */
@Injectable()
export class DashboardService implements OnModuleInit {
  private readonly logger = new Logger('TenxyteMaintenance');
  private maintenance!: TenxyteMaintenanceService;
  private actions!: DashboardActions;
  private measured: { readonly at: number; readonly backlog: Promise<MeasuredBacklog> } | undefined;

  private readonly dryRuns = new DryRuns((task, signal) => this.maintenance.runTask(task, { dryRun: true, signal }));

  private readonly pages: Readonly<Record<string, Answer>> = {
    overview: async (exchange, visitor) => {
      const [status, backlog] = await Promise.all([this.maintenance.status(), this.backlog()]);
      this.show(exchange, visitor, overviewPage(status, backlog, visitor));
    },
    run: async (exchange, visitor) => {
      const run = await this.maintenance.run(exchange.query.get('id') ?? '');
      const { tasks } = await this.maintenance.status();
      const running = tasks.map((task) => task.running).find((each) => each?.runId === run.runId);
      this.show(exchange, visitor, runPage(run, running ?? undefined, visitor));
    },
    history: async (exchange, visitor) => {
      const [task = '', status = '', before = ''] = ['task', 'status', 'before'].map(
        (name) => exchange.query.get(name) ?? '',
      );
      const all = exchange.query.has('all');
      const given = Object.entries({ task, status, before }).filter(([, value]) => value !== '');
      const request = { ...Object.fromEntries(given), limit: RUNS_A_PAGE + 1, withoutIdle: !all } as RunHistoryRequest;
      const runs = await this.maintenance.history(request);
      this.show(exchange, visitor, historyPage(runs, { task, status, before, all }));
    },
    policy: async (exchange, visitor) => {
      const schedule = await this.maintenance.retentionSchedule();
      const fields = Object.fromEntries([...exchange.query].filter(([, value]) => value !== ''));
      const asked = fields['target'] === undefined ? {} : await this.explain(fields);
      this.show(exchange, visitor, policyPage(schedule, { fields, ...asked }));
    },
    'policy-document': async (exchange) => {
      exchange.document((await this.maintenance.retentionSchedule()).markdown, 'text/plain');
    },
    holds: async (exchange, visitor) => {
      const [holds, { targets }] = await Promise.all([
        this.maintenance.holds.list({ ended: true }),
        this.maintenance.retentionSchedule(),
      ]);
      const shown = { holds, targets: targets.map(({ name }) => name), asked: exchange.query.get('page') ?? '' };
      this.show(exchange, visitor, holdsPage(shown, visitor));
    },
    confirm: async (exchange, visitor) => {
      const report = await this.dryRuns.report(taskOf(exchange), (callback) => exchange.onGone(callback));
      this.show(exchange, visitor, confirmPage(report, visitor));
    },
  };

  public constructor(
    @Inject(DASHBOARD_OPTIONS) private readonly options: CompleteDashboardOptions,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(LiveStreams) private readonly streams: LiveStreams,
  ) {}

  /** @throws {MaintenanceConfigError} when the application has no TenxyteMaintenanceModule */
  public onModuleInit(): void {
    try {
      this.maintenance = this.moduleRef.get(TenxyteMaintenanceService, { strict: false });
      this.actions = new DashboardActions(this.maintenance);
    } catch {
      throw new MaintenanceConfigError('TenxyteMaintenanceDashboardModule', [
        { path: 'imports', received: 'no TenxyteMaintenanceModule', accepted: 'one in the same application' },
      ]);
    }
  }

  public async root(request: DashboardRequest, response: unknown): Promise<void> {
    await this.answer(request, response, async (exchange) =>
      exchange.seeOther(exchange.isFolder ? 'overview' : `${exchange.place}/overview`),
    );
  }

  public async file(request: DashboardRequest, response: unknown): Promise<void> {
    await this.answer(request, response, async (exchange, visitor) => {
      const asset = ASSETS.get(exchange.place);
      return asset === undefined ? this.refuse(exchange, visitor, 404) : exchange.asset(asset.text, asset.type);
    });
  }

  public async stream(request: DashboardRequest, response: unknown): Promise<void> {
    await this.answer(request, response, async (exchange) => {
      const stream = exchange.openStream();
      // Whoever asks for the head alone has had it.
      return request.method === 'HEAD' ? void stream.end() : this.streams.open(stream);
    });
  }

  public async page(request: DashboardRequest, response: unknown): Promise<void> {
    await this.answer(request, response, async (exchange, visitor) => {
      if (exchange.isFolder) {
        return exchange.seeOther(`../${exchange.place}?${String(exchange.query)}`);
      }
      const page = Object.hasOwn(this.pages, exchange.place) ? this.pages[exchange.place] : undefined;
      if (page === undefined) {
        return this.refuse(exchange, visitor, 404);
      }
      // A dry run changes nothing, but costs something: not for a picture on somebody else's page.
      const isForeign = !['same-origin', 'none', undefined].includes(exchange.header('sec-fetch-site'));
      if (exchange.place === 'confirm' && (isForeign || !visitor.rights.has('dry-run'))) {
        return this.refuse(exchange, visitor, 403);
      }
      return page(exchange, visitor);
    });
  }

  public async act(request: DashboardRequest, response: unknown): Promise<void> {
    await this.answer(request, response, async (exchange, visitor) => {
      const action = this.actions.named(exchange.place);
      if (action === undefined) {
        return this.refuse(exchange, visitor, 404);
      }
      if (!isOwnSite(exchange.header) || !visitor.rights.has(action.right)) {
        return this.refuse(exchange, visitor, 403);
      }
      const fields = await exchange.form();
      if (fields === undefined) {
        throw refusal('No form of these pages is as long', 'the form', 'more than 64 KiB');
      }
      exchange.seeOther(await action.act(exchange, visitor, fields));
    });
  }

  /** What the host's own functions throw is the host's to answer. */
  private async answer(request: DashboardRequest, response: unknown, work: Answer): Promise<void> {
    const exchange = new Exchange(this.host.httpAdapter, request, response);
    const visitor = await visitorOf(this.options, request);
    if (visitor === undefined) {
      return this.refuse(exchange, undefined, 403);
    }
    try {
      await work(exchange, visitor);
    } catch (error) {
      this.fail(exchange, visitor, error);
    }
  }

  private show(exchange: Exchange, visitor: Visitor | undefined, page: Page, status?: number): void {
    const around = { name: this.options.title, ...(visitor && { visitor }) };
    exchange.page(layout(page, around), status);
  }

  private refuse(exchange: Exchange, visitor: Visitor | undefined, status: 403 | 404): void {
    const title = status === 403 ? 'Not allowed' : 'No such page';
    const content =
      status === 403
        ? html`<p class="notice bad">You may not do that here, or the request came from another site.</p>`
        : html`<p class="notice">There is nothing at this address. <a href="overview">To the overview</a></p>`;
    this.show(exchange, visitor, { title, content }, status);
  }

  private fail(exchange: Exchange, visitor: Visitor, error: unknown): void {
    const known = error instanceof MaintenanceError ? error : undefined;
    if (known === undefined) {
      this.logger.error(`The dashboard could not answer: ${error instanceof Error ? error.message : String(error)}`);
    }
    const content = html`<p class="notice bad">
        ${
          known === undefined
            ? 'Something went wrong; the log of the application says what.'
            : html`<b>${known.code}</b> ${known.message}`
        }
      </p>
      <p><a class="button" href="overview">To the overview</a></p>`;
    this.show(exchange, visitor, { title: 'That did not work', content }, statusOf(known));
  }

  private async backlog(): Promise<MeasuredBacklog> {
    const now = performance.now();
    if (this.measured === undefined || now - this.measured.at > BACKLOG_MAX_AGE_MS) {
      const backlog = this.maintenance.backlog({ exact: false }).then(
        (report) => ({ report }),
        (error: unknown) => ({
          problem: error instanceof MaintenanceError ? error.message : 'It could not be measured.',
        }),
      );
      this.measured = { at: now, backlog };
      void backlog.then(() => this.streams.tell());
    }
    const late = { problem: 'It is being measured.' };
    return Promise.race([this.measured.backlog, delay(BACKLOG_PATIENCE_MS, late, { ref: false })]);
  }

  private async explain(fields: Readonly<Record<string, string>>) {
    try {
      const { target = '', action, applicationId, organizationId, createdAt } = fields;
      const given = Object.entries({ action, applicationId, organizationId, createdAt }).filter(
        ([, value]) => value !== undefined,
      );
      return { answer: await this.maintenance.explainRetention({ target, ...Object.fromEntries(given) }) };
    } catch (error) {
      if (error instanceof MaintenanceError && error.code === 'CONFIG') {
        return { problem: error.message };
      }
      throw error;
    }
  }
}

function statusOf(error: MaintenanceError | undefined): number {
  if (error === undefined) {
    return 500;
  }
  if (error.code === 'CONFIG') {
    return 422;
  }
  const mayPass = error.retryable && error.code !== 'ALREADY_RUNNING';
  return error.code.endsWith('_NOT_FOUND') ? 404 : mayPass ? 503 : 409;
}
