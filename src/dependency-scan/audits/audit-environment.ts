/** What the audit has no business with: the database, and the keys of this package. */
const SECRETS = /^(DATABASE_URL|PGPASSWORD|PGPASSFILE|TENXYTE_.*)$/i;
/** What an npm around this process, as in `npm run`, hands on to its children: it would turn the audit to other packages. */
const OUTER_NPM = /^npm_config_(global|location|workspaces?|include_workspace_root|omit|include|only|also|dry_run)$/i;

/** The environment of the package manager: this process's own, whose registries, proxies and tokens it needs, without what it does not. */
export function auditEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !SECRETS.test(name) && !OUTER_NPM.test(name.replaceAll('-', '_')),
  );
  return {
    ...Object.fromEntries(kept),
    // JSON in colours would be none.
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    COREPACK_ENABLE_DOWNLOAD_PROMPT: '0',
  };
}
