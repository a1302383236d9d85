import { describe, expect, it } from '@jest/globals';
import { auditEnvironment } from '../../src/dependency-scan/audits/audit-environment.js';

const SET_HERE = { NO_COLOR: '1', FORCE_COLOR: '0', COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' };

const PASSED_ON = [
  ['HOME', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'SystemRoot', 'TMPDIR', 'TEMP', 'LANG', 'LC_ALL', 'CI'],
  ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'NODE_EXTRA_CA_CERTS'],
  ['npm_config_registry', 'NPM_CONFIG_REGISTRY', 'npm_config_@acme:registry', 'npm_config_cafile'],
  ['npm_config_//r.example/:_authToken', 'npm_config_userconfig', 'npm_config_strict-ssl', 'npm_config_cache'],
  ['pnpm_config_registry', 'PNPM_HOME', 'NPM_TOKEN', 'NODE_AUTH_TOKEN', 'XDG_CONFIG_HOME'],
  ['YARN_NPM_REGISTRY_SERVER', 'YARN_NPM_AUTH_TOKEN', 'YARN_HTTPS_CA_FILE_PATH', 'YARN_HTTPS_PROXY'],
  ['BUN_CONFIG_REGISTRY', 'BUN_CONFIG_TOKEN', 'BUN_INSTALL', 'COREPACK_HOME', 'COREPACK_NPM_REGISTRY'],
].flat();
const KEPT_BACK = [
  ['DATABASE_URL', 'PGPASSWORD', 'PGPASSFILE', 'TENXYTE_TOTP_ENCRYPTION_KEY', 'TOTP_KEY', 'totp_key'],
  ['AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN', 'JWT_SECRET', 'STRIPE_KEY', 'SESSION', 'LC_SECRET', 'PATH_TO_KEY'],
  ['MY_HTTP_PROXY', 'NPM_TOKEN_2', 'npm_lifecycle_event', 'npm_package_version', 'YARN_SECRET', 'BUN_SECRET'],
  // They run code, or turn the audit to something else.
  ['NODE_OPTIONS', 'node_options', 'NODE_PATH', 'LD_PRELOAD', 'BUN_OPTIONS', 'npm_config_node_options'],
  ['npm_config_script_shell', 'npm_config_git', 'npm_config_//r.example/:tokenHelper', 'pnpm_config_pnpmfile'],
  ['npm_config_workspace', 'NPM_CONFIG_GLOBAL', 'npm_config_include-workspace-root', 'npm_config_lockfile_dir'],
  ['npm_config_offline', 'npm_config_audit_level', 'npm_config_totp_key', 'YARN_YARN_PATH', 'YARN_PLUGINS'],
  ['YARN_RC_FILENAME', 'YARN_LOCKFILE_FILENAME', 'YARN_NPM_AUDIT_IGNORE_ADVISORIES', 'YARN_ENABLE_NETWORK'],
].flat();

describe('the environment of an audit', () => {
  it('is what a package manager needs to run and to reach its registry, and nothing else', () => {
    const passedOn = Object.fromEntries(PASSED_ON.map((name) => [name, `value of ${name}`]));
    const keptBack = Object.fromEntries(KEPT_BACK.map((name) => [name, 'secret']));
    expect(auditEnvironment({ ...passedOn, ...keptBack, FORCE_COLOR: '3' }, 'npm')).toEqual({
      ...passedOn,
      ...SET_HERE,
    });
  });

  it('finds no command in a place that is relative to the scanned folder', () => {
    const path = ['/usr/bin', 'node_modules/.bin', '', './bin', '/srv/app/node_modules/.bin', '/bin'].join(':');
    expect(auditEnvironment({ PATH: path }, 'npm')).toMatchObject({
      PATH: '/usr/bin:/srv/app/node_modules/.bin:/bin',
    });
    expect(auditEnvironment({ Path: path }, 'npm', '/srv/app')).toMatchObject({ Path: '/usr/bin:/bin' });
    expect(auditEnvironment({ PATH: '/srv/app2/bin:/srv/..b' }, 'npm', '/srv/app')).toMatchObject({
      PATH: '/srv/app2/bin:/srv/..b',
    });
  });

  it('holds no credentials for a folder that nobody trusts, which could have them sent to a registry of its own choice', () => {
    const names = [
      'NPM_TOKEN',
      'YARN_NPM_AUTH_TOKEN',
      'BUN_CONFIG_TOKEN',
      'npm_config__authToken',
      'npm_config_username',
    ];
    const env = Object.fromEntries(names.map((name) => [name, 'secret']));
    expect(auditEnvironment(env, 'npm', '/srv/app')).toEqual(SET_HERE);
    expect(Object.keys(auditEnvironment(env, 'npm'))).toEqual(expect.arrayContaining(names));
  });

  it('keeps pnpm and Yarn from what a folder that nobody trusts names', () => {
    expect(auditEnvironment({ YARN_IGNORE_PATH: '0' }, 'yarn', '/srv/app')).toEqual({
      ...SET_HERE,
      YARN_IGNORE_PATH: '1',
      COREPACK_ENV_FILE: '0',
    });
    expect(auditEnvironment({}, 'pnpm', '/srv/app')).toMatchObject({
      npm_config_ignore_pnpmfile: 'true',
      pnpm_config_pm_on_fail: 'ignore',
    });
    expect(auditEnvironment({}, 'yarn')).toEqual(SET_HERE);
  });
});
