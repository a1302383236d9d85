import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The names of the packages whose files went into bundles, sorted. */
export function packagesIn(metafiles) {
  const paths = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)));
  const names = paths.map((path) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort((a, b) => a.localeCompare(b));
}

/** The licences of packages, word for word, as they ask for. */
export async function licencesOf(packages) {
  const texts = await Promise.all(packages.map(licenceOf));
  return `dist holds parts of these packages.\n\n${texts.join('\n\n')}`;
}

async function licenceOf(name) {
  const directory = join('node_modules', name);
  const { version, license } = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8'));
  const file = (await readdir(directory)).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) {
    throw new Error(`${name} has no file with its licence`);
  }
  const text = await readFile(join(directory, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}
