import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('fernet-opener.py', import.meta.url));

/** True where Python has `cryptography`, with which Tenxyte reads. */
export function hasPythonFernet(): boolean {
  return spawnSync('python3', ['-c', 'import cryptography'], { stdio: 'ignore' }).status === 0;
}

/** Opens tokens in Python, in a process that is kept. */
export class PythonFernet {
  private readonly child: ChildProcess;
  private readonly lines: Interface;

  public constructor() {
    const child = spawn('python3', [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child = child;
    this.lines = createInterface({ input: child.stdout });
  }

  /** What each token holds, by whichever of the keys opens it; null where none does. */
  public async open(keys: readonly string[], tokens: readonly string[]): Promise<readonly (string | null)[]> {
    const answered = once(this.lines, 'line');
    this.child.stdin?.write(`${JSON.stringify({ keys, tokens })}\n`);
    const [line] = (await answered) as [string];
    return JSON.parse(line) as (string | null)[];
  }

  public end(): void {
    this.child.stdin?.end();
  }
}
