import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** A running script of this folder. */
export interface Child {
  /** Settles when it first prints something. */
  readonly ready: Promise<unknown>;
  /** Ends its standard input, which tells it to come to an end. */
  finish(): void;
  /** The last line it printed, as JSON, once it has ended. */
  readonly result: Promise<unknown>;
}

/** Starts another script of this folder as a process of its own. */
export function startChild(script: string, ...parameters: string[]): Child {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const loader = script.endsWith('.ts') ? ['--import', '@swc-node/register/esm-register'] : ['--expose-gc'];
  const child = spawn(process.execPath, [...loader, path, ...parameters], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  return {
    ready: once(child.stdout, 'data'),
    finish: () => child.stdin.end(),
    result: text(child.stdout).then(async (printed) => {
      const [code] = await exited;
      if (code !== 0) {
        throw new Error(`${script} ended with ${code}`);
      }
      return JSON.parse(printed.trim().split('\n').at(-1) ?? '') as unknown;
    }),
  };
}
