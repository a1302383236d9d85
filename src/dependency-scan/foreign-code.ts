import { onOneLine } from '../text/format.js';

/** Settings, in small letters without hyphens and underscores, by which code is run. */
const RUNS_CODE = new Set([
  'nodeoptions',
  'scriptshell',
  'shell',
  'git',
  'onloadscript',
  'initmodule',
  'tokenhelper',
  'pnpmfile',
  'globalpnpmfile',
  'configdependencies',
  'usenodeversion',
  'nodemirror',
  'nodedownloadmirrors',
  'executionenv',
  'yarnpath',
  'plugins',
  'injectenvironmentfiles',
  'managepackagemanagerversions',
  'pmonfail',
  'packagemanagerstrict',
  'packagemanagerstrictversion',
]);
/** Settings that have the tokens of the user's own configuration sent elsewhere, or other files of settings read. */
const LEADS_AWAY = new Set([
  'userconfig',
  'globalconfig',
  'proxy',
  'httpproxy',
  'httpsproxy',
  'strictssl',
  'enablestrictssl',
  'ca',
  'cafile',
  'cert',
  'key',
  'certfile',
  'keyfile',
  'httpscafilepath',
  'networksettings',
  'npmregistryserver',
  'npmauditregistry',
  'npmregistries',
  'npmscopes',
]);
const UNREADABLE = 'it is written so that its settings cannot be read here';

/** Says what in a file of settings runs code, or passes variables of the environment on; undefined when nothing does. */
export function foreignCodeIn(file: string, text: string): string | undefined {
  if (/pnpmfile\.\w+$/.test(file)) {
    return 'pnpm runs it';
  }
  // Written with an escape, a variable looks like something else; in YAML what looks like a comment may be part of a text.
  const settings = file === '.npmrc' ? text.replace(/^\s*[#;].*$/gm, '') : text;
  if (/[$\\]/.test(settings)) {
    return 'it may take in a variable of the environment';
  }
  if (file.endsWith('.toml')) {
    return /preload|scanner/.test(text) ? 'it sets preload or a scanner' : undefined;
  }
  const keys = file === '.npmrc' ? iniKeys(text) : file === '.yarnrc' ? oldYarnKeys(text) : yamlKeys(text);
  const found = keys?.find((key) => RUNS_CODE.has(plain(key)) || LEADS_AWAY.has(plain(key)));
  return keys === undefined ? UNREADABLE : found === undefined ? undefined : `it sets ${onOneLine(found, 80)}`;
}

/** `//registry/:tokenHelper` is `tokenhelper`, `node-options[]` is `nodeoptions`. */
function plain(key: string): string {
  return key.replace(/^.*:/, '').replace(/\[\]$/, '').replace(/[-_]/g, '').toLowerCase();
}

function iniKeys(text: string): readonly string[] | undefined {
  const keys = text
    .replace(/^\uFEFF/, '')
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^[#;[]/.test(line))
    .map((line) => line.replace(/=.*$/s, '').trim());
  return keys.some((key) => /^["']|\\/.test(key)) ? undefined : keys;
}

function oldYarnKeys(text: string): readonly string[] {
  return [...text.matchAll(/^\s*"?-*([\w.-]+)"?/gm)].map(([, key = '']) => key);
}

/** The settings at the root of a file of YAML in block style. What stands deeper belongs to one of them. */
function yamlKeys(text: string): readonly string[] | undefined {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => !/^\s*(#|$)/.test(line));
  const [first = ''] = lines;
  const content = first === '---' ? lines.slice(1) : lines;
  if (/^\s/.test(content[0] ?? '')) {
    return undefined;
  }
  const atRoot = content.filter((line) => !/^(\s|- )/.test(line));
  const keys = atRoot.map((line) => /^([A-Za-z][\w-]*)\s*:(\s|$)/.exec(line)?.[1]);
  return keys.every((key) => key !== undefined) ? keys : undefined;
}
