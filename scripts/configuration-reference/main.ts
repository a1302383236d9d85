// Writes docs/configuration.md, or checks with --check that it is what the types say:
//   npm run docs:configuration
//   npm run docs:check
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configurationPage } from './configuration-page.js';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const { file, markdown, problems } = await configurationPage(root);

for (const problem of problems) {
  console.error(problem);
}
if (!process.argv.includes('--check')) {
  writeFileSync(`${root}/${file}`, markdown);
} else if (readFileSync(`${root}/${file}`, 'utf8') !== markdown) {
  console.error(`${file} is stale: run npm run docs:configuration`);
  process.exitCode = 1;
}
if (problems.length > 0) {
  process.exitCode = 1;
}
