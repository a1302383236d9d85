import {
  type CompleteDashboardOptions,
  DASHBOARD_RIGHTS,
  type DashboardAccess,
  type DashboardRequest,
  type DashboardRight,
} from './dashboard-options.js';

/** Whoever asks: who he is and what he may do. */
export interface Visitor {
  /** As the host says; undefined where it does not. */
  readonly actor: string | undefined;
  readonly rights: ReadonlySet<DashboardRight>;
}

/** Undefined for one whom the host forbids everything; whatever it answers that is no access is forbidden too. */
export async function visitorOf(
  { access, actor, readOnly }: CompleteDashboardOptions,
  request: DashboardRequest,
): Promise<Visitor | undefined> {
  const rights = rightsOf(await access(request));
  if (rights === undefined) {
    return undefined;
  }
  // Null is what many take for nobody.
  const given: unknown = (await actor(request)) ?? undefined;
  if (given !== undefined && typeof given !== 'string') {
    throw new TypeError('actor of TenxyteMaintenanceDashboardModule answers something else than a text');
  }
  return { actor: given, rights: new Set(readOnly ? [] : rights) };
}

function rightsOf(access: DashboardAccess): readonly DashboardRight[] | undefined {
  if (access === 'all') {
    return DASHBOARD_RIGHTS;
  }
  if (access === 'read-only') {
    return [];
  }
  const can: unknown =
    typeof access === 'object' && access !== null && Object.hasOwn(access, 'can') ? access.can : undefined;
  // A run is asked for where its dry run is shown.
  const isMeant = (right: DashboardRight): boolean =>
    Array.isArray(can) && (can.includes(right) || (right === 'dry-run' && can.includes('run')));
  return Array.isArray(can) ? DASHBOARD_RIGHTS.filter(isMeant) : undefined;
}

/** Whether a POST comes from a page of this very site. */
export function isOwnSite(header: (name: string) => string | undefined): boolean {
  const site = header('sec-fetch-site');
  if (site !== undefined) {
    return site === 'same-origin';
  }
  // Browsers send none over plain http, beyond localhost.
  const origin = header('origin');
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === header('host');
}
