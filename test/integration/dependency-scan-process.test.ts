import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runAuditProcess } from '../../src/dependency-scan/audits/audit-process.js';
import { eventually } from '../support/eventually.js';
import { isAtWork, NODE_PATH, processIds, useScannedProjects } from '../support/scanned-project.js';

/** Writes its own id, starts another of its kind, and so on; all of them ignore SIGTERM and never end. */
function family(file: string, depth: number): string {
  return `
    const generation = (depth) => \`
      process.on('SIGTERM', () => undefined);
      require('node:fs').appendFileSync(\${JSON.stringify(${JSON.stringify(file)})}, process.pid + '\\\\n');
      if (\${depth} > 1) {
        require('node:child_process').spawn(process.execPath, ['-e', process.env['NEXT_' + \${depth - 1}]], { stdio: 'inherit' });
      }
      setInterval(() => undefined, 1000);\`;
    for (let depth = 1; depth <= ${depth}; depth += 1) process.env['NEXT_' + depth] = generation(depth);
    eval(process.env['NEXT_${depth}']);`;
}

describe('the process of an audit', () => {
  const { project, commands, file } = useScannedProjects();
  const leftovers: number[] = [];
  afterEach(() => {
    leftovers.splice(0).forEach((id) => {
      if (isAtWork(id)) {
        process.kill(id, 'SIGKILL');
      }
    });
  });

  const run = (script: string, { timeoutMs = 60_000, signal }: { timeoutMs?: number; signal?: AbortSignal } = {}) =>
    runAuditProcess({
      command: 'npm',
      args: ['audit', '$HOME; echo'],
      cwd: project({}),
      env: { PATH: `${commands({ npm: script })}:${NODE_PATH}` },
      timeoutMs,
      signal,
    });
  const allOf = async (ids: string, count: number): Promise<number[]> => {
    const found = await eventually(async () => processIds(ids, count));
    leftovers.push(...found);
    return found;
  };
  const allEnded = (ids: readonly number[]) => eventually(async () => !ids.some(isAtWork));

  it('gives what was printed and the exit code, and passes arguments on as they are', async () => {
    const script = 'console.log(JSON.stringify(process.argv.slice(2))); console.error("log"); process.exitCode = 3;';
    expect(await run(script)).toEqual({ exitCode: 3, stdout: '["audit","$HOME; echo"]\n', log: 'log\n' });
  });

  it('is killed with its children and theirs when its time is over', async () => {
    const ids = file('ids');
    await expect(run(family(ids, 3), { timeoutMs: 4_000 })).rejects.toThrow('did not end within 4 s and was killed');
    expect(await allEnded(await allOf(ids, 3))).toBe(true);
  });

  it('is killed with its children and theirs when the signal says so, and has no outcome', async () => {
    const ids = file('ids');
    const controller = new AbortController();
    const running = run(family(ids, 3), { signal: controller.signal });
    const family3 = await allOf(ids, 3);
    expect(family3.every(isAtWork)).toBe(true);
    controller.abort();
    expect(await running).toBeUndefined();
    expect(await allEnded(family3)).toBe(true);
  });

  it('is not started when the signal came before', async () => {
    expect(await run('throw new Error();', { signal: AbortSignal.abort() })).toBeUndefined();
  });

  it('that cannot be started says why, unless the signal has come meanwhile', async () => {
    const call = { command: commands({ npm: '' }), args: [], cwd: project({}), env: {}, timeoutMs: 60_000 };
    await expect(runAuditProcess(call)).rejects.toThrow(/ could not be started \(EACCES\)$/);
    const controller = new AbortController();
    const starting = runAuditProcess({ ...call, signal: controller.signal });
    controller.abort();
    expect(await starting).toBeUndefined();
  });

  it('takes its children with it when it ends by itself', async () => {
    const ids = file('ids');
    const script = `
      require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(family(ids, 1))}], { stdio: 'inherit' });
      const isThere = setInterval(() => {
        if (require('node:fs').existsSync(${JSON.stringify(ids)})) { console.log('{}'); process.exit(0); }
      }, 10);`;
    expect(await run(script)).toMatchObject({ exitCode: 0, stdout: '{}\n' });
    expect(await allEnded(await allOf(ids, 1))).toBe(true);
  });

  it('is done although a process that left its group holds its output', async () => {
    const ids = file('ids');
    const script = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit', detached: true });
      require('node:fs').writeFileSync(${JSON.stringify(ids)}, child.pid + '\\n');
      console.log('{}');
      child.unref();`;
    const output = run(script);
    await allOf(ids, 1);
    expect(await output).toMatchObject({ exitCode: 0, stdout: '{}\n' });
  });

  it('is killed when it prints without end', async () => {
    const script =
      "const more = () => { while (process.stdout.write('x'.repeat(65536))); process.stdout.once('drain', more); }; more();";
    await expect(run(script)).rejects.toThrow('npm audit printed more than 32 MiB and was killed');
  });

  it('keeps but the end of its log', async () => {
    const script =
      "for (let i = 0; i < 20; i += 1) process.stderr.write('x'.repeat(65536)); process.stderr.write('the end');";
    const output = await run(script);
    expect(output?.log.length).toBe(256 * 1024);
    expect(output?.log).toMatch(/xthe end$/);
  });

  it('has no outcome when somebody else kills it', async () => {
    await expect(run("process.kill(process.pid, 'SIGKILL');")).rejects.toThrow('npm audit was killed by SIGKILL');
  });

  it('ends with the process that started it, when that leaves by process.exit()', async () => {
    const ids = file('ids');
    const { spawn } = await import('node:child_process');
    const module = new URL('../../src/dependency-scan/audits/audit-process.ts', import.meta.url).href;
    const bin = commands({ npm: family(ids, 2) });
    const host = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '--import',
        '@swc-node/register/esm-register',
        '--input-type=module',
        '-e',
        `import { existsSync, readFileSync } from 'node:fs';
         const { runAuditProcess } = await import(${JSON.stringify(module)});
         void runAuditProcess({ command: 'npm', args: [], cwd: '/', env: { PATH: ${JSON.stringify(`${bin}:${NODE_PATH}`)} }, timeoutMs: 60000 });
         setInterval(() => { if (existsSync(${JSON.stringify(ids)}) && readFileSync(${JSON.stringify(ids)}, 'utf8').split('\\n').length > 2) process.exit(0); }, 10);`,
      ],
      { stdio: 'inherit' },
    );
    const family2 = allOf(ids, 2);
    await once(host, 'exit');
    expect(await allEnded(await family2)).toBe(true);
    expect(readFileSync(ids, 'utf8')).toContain('\n');
  });
});
