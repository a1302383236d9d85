import { afterAll, afterEach, beforeAll, describe, expect } from '@jest/globals';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { CHROMIUM, CHROMIUM_FLAGS } from '../support/chromium.js';

/** As `describe`; where there is no Chromium these tests pass without it, and say so. */
export const describeInBrowser = CHROMIUM === undefined ? describe.skip : describe;

if (CHROMIUM === undefined) {
  console.warn(
    'No Chromium is installed (Debian: apt-get install chromium): the dashboard is not tested in a browser.',
  );
}

/** A browser for the file's tests. */
export interface TestBrowser {
  /** A page in a context of its own. What goes wrong on it, fails the test. */
  page(options?: BrowserContextOptions): Promise<Page>;
}

/** Starts one that takes any name for this machine's. */
export function useBrowser(): TestBrowser {
  let browser: Browser | undefined;
  const contexts: BrowserContext[] = [];
  const problems: string[] = [];
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: CHROMIUM ?? '',
      args: CHROMIUM_FLAGS,
    });
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(problems.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
  });
  return {
    page: async (options) => {
      const context = await browser?.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options });
      if (context === undefined) {
        throw new Error('the browser has not started');
      }
      contexts.push(context);
      const page = await context.newPage();
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('dialog', (dialog) => problems.push(dialog.message()));
      // What is refused on purpose is told by its status; everything else, a violated policy among it, is a fault.
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
          problems.push(message.text());
        }
      });
      return page;
    },
  };
}
