// Takes the pictures of docs/dashboard.md from the dashboard that the demo serves: npm run docs:screenshots
import { mkdir } from 'node:fs/promises';
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { serveDashboard } from '../examples/demo/serve.js';
import { CHROMIUM, CHROMIUM_FLAGS } from '../test/support/chromium.js';
import { startTestServer, urlOfDatabase } from '../test/support/server.js';
import { dropDatabase } from '../test/support/tenxyte-database.js';

const DATABASE = 'tenxyte_maintenance_screenshots';
const FOLDER = 'docs/images';
const WIDE = { width: 1180, height: 820 };
const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light', viewport: WIDE },
  dark: { colorScheme: 'dark', viewport: WIDE },
  phone: { colorScheme: 'light', viewport: { width: 390, height: 844 } },
};

if (CHROMIUM === undefined) {
  throw new Error('No Chromium is installed (Debian: apt-get install chromium)');
}
const server = await startTestServer();
try {
  await dropDatabase(server.url, DATABASE);
  const { url, close } = await serveDashboard(server.url, DATABASE, urlOfDatabase(server.url, DATABASE));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_FLAGS });
  await mkdir(FOLDER, { recursive: true });
  for (const [look, options] of Object.entries(LOOKS)) {
    const context = await browser.newContext({ ...options, timezoneId: 'Europe/Berlin', locale: 'en-GB' });
    await take(await context.newPage(), url, look);
    await context.close();
  }
  await browser.close();
  await close();
  await dropDatabase(server.url, DATABASE);
} finally {
  await server.stop();
}

async function take(page: Page, url: string, look: string): Promise<void> {
  const shoot = (name: string): Promise<Buffer> =>
    page.screenshot({ path: `${FOLDER}/${name}-${look}.png`, fullPage: true });
  await page.goto(url);
  await page.getByRole('rowheader', { name: 'blacklisted_tokens' }).waitFor();
  await page.getByRole('link', { name: 'Running' }).waitFor();
  await shoot('overview');
  if (look === 'light') {
    await page.goto(url.replace('overview', 'confirm?task=cleanup'));
    await page.locator('details.override summary').first().click();
    await shoot('dry-run');
  }
}
