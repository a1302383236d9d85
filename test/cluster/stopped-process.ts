import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A stopped process does not see that its parent ends: this shell continues it when told so, or when the pipe from the parent closes. */
const CONTINUE_AT_LAST = 'read -r _; kill -s CONT "$0"';

/** A process halted by SIGSTOP. */
export class StoppedProcess {
  private readonly shell: ChildProcess;

  public constructor(private readonly pid: number) {
    this.shell = spawn('/bin/sh', ['-c', CONTINUE_AT_LAST, String(pid)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    process.kill(this.pid, 'SIGSTOP');
  }

  /** SIGCONT. */
  public async continue(): Promise<void> {
    this.shell.stdin?.end();
    await once(this.shell, 'exit');
  }
}
