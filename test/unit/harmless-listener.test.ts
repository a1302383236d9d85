import { describe, expect, it } from '@jest/globals';
import { harmlessListener } from '../../src/tasks/harmless-listener.js';

describe('a listener to the progress of a run', () => {
  const warnings: string[] = [];
  const logger = { log: () => undefined, error: () => undefined, warn: (text: string) => warnings.push(text) };

  it('is told, and may be left out', () => {
    const told: number[] = [];
    const tell = harmlessListener<number>((progress) => told.push(progress), logger);
    [1, 2].forEach(tell);
    harmlessListener<number>(undefined, logger)(3);
    expect({ told, warnings }).toEqual({ told: [1, 2], warnings: [] });
  });

  it('harms nothing when it throws, is warned of once, and is told on', () => {
    const told: number[] = [];
    const tell = harmlessListener<number>((progress) => {
      told.push(progress);
      throw new Error(`no ${progress}`);
    }, logger);
    [1, 2, 3].forEach(tell);
    expect({ told, warnings }).toEqual({
      told: [1, 2, 3],
      warnings: ['onProgress threw, the run goes on: no 1'],
    });
  });
});
