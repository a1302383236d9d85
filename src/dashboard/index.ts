export { TenxyteMaintenanceDashboardModule } from './dashboard.module.js';
export type { DashboardAccess, DashboardOptions, DashboardRequest, DashboardRight } from './dashboard-options.js';
