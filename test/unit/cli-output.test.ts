import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { CommandOutput } from '../../src/cli/command-output.js';
import { EXIT_CODE } from '../../src/cli/exit-codes.js';
import { columnsOf, paintFor } from '../../src/text/paint.js';
import { MaintenanceError } from '../../src/errors/maintenance.error.js';
import { UsageError } from '../../src/errors/usage.error.js';
import { WarningLogger } from '../../src/cli/command-line.js';
import { FakeTerminal } from '../support/fake-terminal.js';

const streams = () => ({ args: [], env: {}, stdout: new FakeTerminal(), stderr: new FakeTerminal() });

describe('the output of the command line', () => {
  it('has a terminal for progress only when standard error is one and no document is wanted', () => {
    const io = streams();
    expect(new CommandOutput(io, false).liveTerminal).toBe(io.stderr);
    expect(new CommandOutput(io, true).liveTerminal).toBeUndefined();
    expect(new CommandOutput({ ...io, stderr: new PassThrough() }, false).liveTerminal).toBeUndefined();
  });

  it('takes secrets out of messages, on both streams, and leaves the keys and figures of a document alone', () => {
    const io = streams();
    const output = new CommandOutput(io, true);
    output.hide((text) => text.replaceAll('rows', '***'));
    const report = { rows: 1, targets: [{ error: { code: 'rows', message: 'no rows' } }] };
    output.finish({ report, text: () => '', exitCode: EXIT_CODE.partial, complaint: 'rows remain' });
    expect(JSON.parse(io.stdout.written)).toEqual({
      rows: 1,
      targets: [{ error: { code: 'rows', message: 'no ***' } }],
    });
    expect(io.stderr.written).toBe('tenxyte-maintenance: *** remain.\n');
  });

  it('puts an unknown error into one line without its stack', () => {
    const io = streams();
    expect(new CommandOutput(io, false).fail('cleanup', new Error('odd\nthing'))).toBe(1);
    expect(io).toMatchObject({ stdout: { written: '' }, stderr: { written: 'tenxyte-maintenance: odd thing.\n' } });
  });
});

describe('the document of a failure', () => {
  it.each([
    ['of this package', new UsageError('no such flag'), 'USAGE'],
    ['of somebody else', new Error('odd'), 'UNEXPECTED'],
  ])('has the code of an error %s', (_, error, code) => {
    const io = streams();
    new CommandOutput(io, true).fail(null, error);
    expect(JSON.parse(io.stdout.written)).toMatchObject({ task: null, status: 'failed', error: { code } });
  });
});

describe('the document of a call that was ended', () => {
  it('says that it was stopped, and not that it failed', () => {
    const io = streams();
    const error = new MaintenanceError('INTERRUPTED', 'SIGTERM: stopped while connecting; nothing was touched');
    expect(new CommandOutput(io, true).fail('cleanup', error)).toBe(EXIT_CODE.stopped);
    expect(JSON.parse(io.stdout.written)).toMatchObject({ status: 'stopped', error: { code: 'INTERRUPTED' } });
  });
});

describe('paint', () => {
  it.each([
    ['a terminal', new FakeTerminal(), {}, '\u001B[31mtext\u001B[39m'],
    ['a pipe', new PassThrough(), {}, 'text'],
    ['a terminal with NO_COLOR', new FakeTerminal(), { NO_COLOR: '1' }, 'text'],
    ['a terminal with an empty NO_COLOR', new FakeTerminal(), { NO_COLOR: '' }, '\u001B[31mtext\u001B[39m'],
    ['a dumb terminal', new FakeTerminal(), { TERM: 'dumb' }, 'text'],
  ])('on %s', (_, stream, env, painted) => {
    expect(paintFor(stream, env)('red', 'text')).toBe(painted);
  });

  it.each([
    ['1', '\u001B[31mtext\u001B[39m'],
    ['', '\u001B[31mtext\u001B[39m'],
    ['0', 'text'],
  ])('with FORCE_COLOR=%j, wherever it goes', (forced, painted) => {
    for (const stream of [new FakeTerminal(), new PassThrough()]) {
      expect(paintFor(stream, { FORCE_COLOR: forced, NO_COLOR: '1' })('red', 'text')).toBe(painted);
    }
  });

  it('is 80 columns wide on a terminal that does not tell its width', () => {
    expect(columnsOf(Object.assign(new PassThrough(), { isTTY: true, columns: 0 }))).toBe(80);
    expect(columnsOf(Object.assign(new PassThrough(), { isTTY: true, columns: 132 }))).toBe(132);
    expect(columnsOf(Object.assign(new PassThrough(), { columns: 132 }))).toBeUndefined();
  });
});

describe('the logger of the command line', () => {
  it('passes on warnings and the errors of others, and leaves out what is reported otherwise', () => {
    const lines: string[] = [];
    const logger = new WarningLogger((line) => lines.push(line));
    logger.log();
    logger.warn('watch out');
    logger.error('a provider failed', undefined, 'MyRetention');
    logger.error('Unable to connect', 'stack', 'TypeOrmModule');
    logger.error('cleanup failed', undefined, 'TenxyteMaintenance');
    expect(lines).toEqual(['watch out', 'a provider failed']);
  });
});
