import { Controller, Get, Inject, Post, Req, Res, type Type, UseGuards, VERSION_NEUTRAL } from '@nestjs/common';
import type { CompleteDashboardOptions, DashboardRequest } from './dashboard-options.js';
import { DashboardService } from './dashboard.service.js';

/**
 * Makes the controller: its path and its guards are the host's. All pages stand side by side, so that every address is relative, behind
 * whatever prefix and proxy.
 */
export function dashboardController({ path, guards }: Pick<CompleteDashboardOptions, 'path' | 'guards'>): Type<object> {
  /** `@Req()` and `@Res()` alone: neither the host's pipes nor its interceptors are about these. */
  @Controller({ path, version: VERSION_NEUTRAL })
  @UseGuards(...(guards === 'none' ? [] : guards))
  class TenxyteMaintenanceDashboardController {
    public constructor(@Inject(DashboardService) private readonly dashboard: DashboardService) {}

    @Get()
    public root(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
      return this.dashboard.root(request, response);
    }

    @Get('files/:name')
    public file(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
      return this.dashboard.file(request, response);
    }

    @Get('stream')
    public stream(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
      return this.dashboard.stream(request, response);
    }

    @Get(':page')
    public page(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
      return this.dashboard.page(request, response);
    }

    @Post(':action')
    public act(@Req() request: DashboardRequest, @Res() response: unknown): Promise<void> {
      return this.dashboard.act(request, response);
    }
  }
  return TenxyteMaintenanceDashboardController;
}
