import { delimiter, isAbsolute, relative } from 'node:path';
import type { PackageManagerName } from '../dependency-scan-report.js';

/** What a program needs to run at all, to find its configuration and to reach a registry. */
const SYSTEM =
  /^(PATH|HOME|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|PROGRAMDATA|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|TMPDIR|TEMP|TMP|LANG|LANGUAGE|LC_(ALL|CTYPE|COLLATE|MESSAGES|MONETARY|NUMERIC|TIME)|XDG_(CONFIG|DATA|CACHE|STATE)_HOME|CI|NO_COLOR)$/i;
const NETWORK =
  /^((HTTP|HTTPS|ALL|NO)_PROXY|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|NODE_USE_ENV_PROXY|SSL_CERT_(FILE|DIR))$/i;
/** The names by which an `.npmrc` usually takes the registry's token from the environment. */
const TOKENS = /^(NPM_TOKEN|NODE_AUTH_TOKEN)$/i;
/** npm's and pnpm's settings of the registry, of its certificates and tokens, and of where their own files are. */
const NPM_SETTING =
  /^p?npm_config_(registry|@[^:]+:registry|\/\/.+:(_auth|_authtoken|username|_password|email|ca|cafile|certfile|keyfile)|_auth|_authtoken|_password|username|email|always_auth|ca|cafile|cert|key|strict_ssl|proxy|https?_proxy|noproxy|no_proxy|maxsockets|local_address|fetch_[a-z_]+|network_concurrency|user_agent|cache|cache_dir|store_dir|userconfig|globalconfig|prefix)$/i;
const YARN_SETTING =
  /^YARN_(REGISTRY|NPM_(REGISTRY_SERVER|AUDIT_REGISTRY|AUTH_TOKEN|AUTH_IDENT|ALWAYS_AUTH)|HTTPS?_PROXY|HTTPS_(CA|CERT|KEY)_FILE_PATH|ENABLE_STRICT_SSL|UNSAFE_HTTP_WHITELIST|HTTP_(TIMEOUT|RETRY)|NETWORK_CONCURRENCY|CACHE_FOLDER|GLOBAL_FOLDER|ENABLE_GLOBAL_CACHE)$/i;
const OTHER_SETTING = /^(PNPM_HOME|BUN_CONFIG_(REGISTRY|TOKEN)|BUN_INSTALL|BUN_INSTALL_CACHE_DIR|COREPACK_[A-Z_]+)$/i;

const PASSED_ON = [SYSTEM, NETWORK, TOKENS, NPM_SETTING, YARN_SETTING, OTHER_SETTING];
/** What a folder that nobody trusts could have sent to a registry of its own choice. */
const CREDENTIALS = /token|_auth|auth_ident|password|username/i;

/** Keeps a package manager from the code of a folder that nobody trusts, beside the refusal of what names such code. */
const UNTRUSTING: Readonly<Record<PackageManagerName, NodeJS.ProcessEnv>> = {
  npm: {},
  pnpm: {
    COREPACK_ENV_FILE: '0',
    // It would take another pnpm from the registry that the folder names, and run that.
    npm_config_manage_package_manager_versions: 'false',
    pnpm_config_manage_package_manager_versions: 'false',
    pnpm_config_pm_on_fail: 'ignore',
    npm_config_ignore_pnpmfile: 'true',
    pnpm_config_ignore_pnpmfile: 'true',
  },
  yarn: { COREPACK_ENV_FILE: '0', YARN_IGNORE_PATH: '1' },
  bun: {},
  deno: {},
};

/**
 * The environment of a package manager: of this process' own what is listed here, and nothing else. So it gets no secret of the application
 * by whatever name, no `NODE_OPTIONS`, and no setting by which an npm around this process, as in `npm run`, would turn the audit to other
 * packages or away from the registry.
 *
 * @param untrusted a folder whose code must not be run
 */
export function auditEnvironment(
  env: NodeJS.ProcessEnv,
  packageManager: PackageManagerName,
  untrusted?: string,
): NodeJS.ProcessEnv {
  const passedOn = Object.entries(env).filter(
    ([name]) =>
      PASSED_ON.some((names) => names.test(settingName(name))) && (untrusted === undefined || !CREDENTIALS.test(name)),
  );
  return {
    ...Object.fromEntries(
      passedOn.map(([name, value]) => [name, name.toUpperCase() === 'PATH' ? commandPath(value, untrusted) : value]),
    ),
    // JSON in colours would be none.
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
    ...(untrusted === undefined ? {} : UNTRUSTING[packageManager]),
  };
}

/** npm takes hyphens for underscores, but not in the address of a registry. */
function settingName(name: string): string {
  return name.includes('//') || name.includes('@') ? name : name.replaceAll('-', '_');
}

/** A place that is not absolute would be looked for in the scanned folder, where the package manager is started. */
function commandPath(path: string | undefined, untrusted: string | undefined): string | undefined {
  const isOutside = (place: string): boolean => untrusted === undefined || !isWithin(place, untrusted);
  return path
    ?.split(delimiter)
    .filter((place) => isAbsolute(place) && isOutside(place))
    .join(delimiter);
}

function isWithin(place: string, folder: string): boolean {
  const below = relative(folder, place);
  return below === '' || !(below.startsWith('..') || isAbsolute(below));
}
