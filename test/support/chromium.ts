import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where Debian's package `chromium` has it; undefined where it is not installed. */
export const CHROMIUM = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** The suites run as root, whom Chromium gives no sandbox; any name is this machine's. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--host-resolver-rules=MAP *.example 127.0.0.1',
  '--disable-dev-shm-usage',
];
