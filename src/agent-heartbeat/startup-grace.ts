import { Inject, Injectable } from '@nestjs/common';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../contract/run-environment.js';
import { Uptime } from '../tasks/clocks.js';
import { AGENT_HEARTBEAT_SETTINGS, type CompleteAgentHeartbeatSettings } from './agent-heartbeat-settings.js';

/**
 * The time after the start of this process in which it suspends nobody: had the application been down, nobody could have received the
 * agents' heartbeats. Other replicas, which were up all along, go on suspending. The command line has no such time.
 */
@Injectable()
export class StartupGrace {
  public constructor(
    @Inject(AGENT_HEARTBEAT_SETTINGS) private readonly settings: CompleteAgentHeartbeatSettings,
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
    @Inject(Uptime) private readonly uptime: Uptime,
  ) {}

  /** Whole seconds left, rounded up; 0 when there is none, or no more. */
  public get secondsLeft(): number {
    const { startupGraceSeconds } = this.settings;
    const left = Math.ceil(startupGraceSeconds - this.uptime.seconds());
    return this.environment === 'application' ? Math.max(0, left) : 0;
  }
}
