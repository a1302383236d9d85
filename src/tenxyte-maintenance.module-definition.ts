import { ConfigurableModuleBuilder, type DynamicModule, type ModuleMetadata, type Provider } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { DATA_SOURCE_NAME, MAINTENANCE_DATA_SOURCE } from './database/maintenance-data-source.js';
import type { TenxyteMaintenanceOptions } from './options/maintenance-options.js';
import { ENTITY_CLASSES, entityClasses, type EntityReplacements } from './tenxyte/tenxyte-entities.js';
import { withoutPrototype } from './validation/own-properties.js';

/** Options that must be known when the module is mounted; a factory may give the others later. */
export interface TenxyteMaintenanceModuleExtras {
  /** Makes the exports available everywhere in the application. @default false */
  readonly isGlobal?: boolean;
  /** The name of the TypeORM data source to work on. @default the unnamed one */
  readonly dataSource?: string;
  /** The host's own entity classes, in place of this package's, each with the properties that docs/entities.md lists. @default {} */
  readonly entities?: EntityReplacements;
  /** Modules whose exports a `retention: { useClass }` needs. @default [] */
  readonly imports?: ModuleMetadata['imports'];
}

const EXTRA_DEFAULTS: TenxyteMaintenanceModuleExtras = {
  isGlobal: false,
  dataSource: 'default',
  entities: {},
  imports: [],
};

/** The names of the options that must be known when the module is mounted. */
export const EXTRA_NAMES: readonly string[] = Object.keys(EXTRA_DEFAULTS);

export const {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN: RAW_OPTIONS,
  OPTIONS_TYPE,
  ASYNC_OPTIONS_TYPE,
} = new ConfigurableModuleBuilder<TenxyteMaintenanceOptions>({ moduleName: 'TenxyteMaintenance' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createTenxyteMaintenanceOptions')
  .setExtras<TenxyteMaintenanceModuleExtras>(EXTRA_DEFAULTS, withExtras)
  .build();

function withExtras(definition: DynamicModule, extras: TenxyteMaintenanceModuleExtras): DynamicModule {
  const classes = entityClasses(extras.entities);
  const dataSource = extras.dataSource ?? 'default';
  const providers: Provider[] = [
    { provide: ENTITY_CLASSES, useValue: classes },
    { provide: MAINTENANCE_DATA_SOURCE, useExisting: getDataSourceToken(dataSource) },
    { provide: DATA_SOURCE_NAME, useValue: dataSource },
  ];
  const { imports = [], ...others } = withoutPrototype(definition);
  return {
    ...others,
    global: extras.isGlobal ?? false,
    imports: [
      ...imports,
      ...(extras.imports ?? []),
      TypeOrmModule.forFeature(
        Object.values(classes) as Parameters<typeof TypeOrmModule.forFeature>[0] & object,
        dataSource,
      ),
    ],
    providers: [...(definition.providers ?? []), ...providers],
  };
}
