import { describe, expect, it } from '@jest/globals';
import { CommandInterruption } from '../../src/cli/command-interruption.js';

function signals(): { stop: AbortController; idle: AbortController; interruption: CommandInterruption } {
  const [stop, idle] = [new AbortController(), new AbortController()];
  return { stop, idle, interruption: new CommandInterruption({ stop: stop.signal, idle: idle.signal }) };
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('a call that is told to stop', () => {
  it('ends at once, saying what it was at', async () => {
    const { stop, interruption } = signals();
    interruption.enter('loading x');
    const call = interruption.orInterrupted(never());
    stop.abort('SIGTERM');
    await expect(call).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'SIGTERM: stopped while loading x; nothing was touched',
    });
    expect(() => interruption.enter('connecting')).toThrow('SIGTERM: stopped while loading x');
    await expect(interruption.orInterrupted(never())).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('ends as its task says once it is left to that', async () => {
    const { stop, interruption } = signals();
    const told: string[] = [];
    const call = interruption.orInterrupted(
      interruption.leaveTo(
        (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('its report'))),
        (name) => told.push(name),
      ),
    );
    stop.abort('SIGINT');
    expect(await call).toBe('its report');
    expect(told).toEqual(['SIGINT']);
  });
});

describe('a call that waits for what never comes', () => {
  it('ends with what it was at', async () => {
    const { idle, interruption } = signals();
    interruption.enter('asking a provider');
    const call = interruption.orInterrupted(never());
    idle.abort();
    await expect(call).rejects.toMatchObject({ code: 'NEVER_SETTLED' });
    expect(await new CommandInterruption().orInterrupted(Promise.resolve(1))).toBe(1);
  });
});
