// The floors of docs/architecture.md: a room imports only lower ones, and nothing imports in circles. `npm run lint` checks it.
const FLOORS = [
  ['errors'],
  ['database', 'validation', 'text'],
  ['batches', 'retention', 'tenxyte', 'contract'],
  ['telemetry'],
  ['tasks'],
  ['holds'],
  ['cleanup', 'agent-heartbeat', 'totp-key-rotation', 'dependency-scan'],
  ['maintenance-tasks.ts'],
  ['status'],
  ['doctor', 'health', 'control'],
  ['options', 'tenxyte-maintenance.service.ts'],
  ['tenxyte-maintenance.module-definition.ts'],
  ['tenxyte-maintenance.module.ts'],
  ['cli', 'engines', 'index.ts'],
  ['dashboard'],
];

const pathOf = (room) => `^src/${room.replaceAll('.', '\\.')}${room.endsWith('.ts') ? '$' : '/'}`;
const pathsOf = (rooms) => rooms.map(pathOf).join('|');

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'in-a-room',
      comment: 'a file that stands on no floor could import anything',
      severity: 'error',
      from: { path: '^src/', pathNot: pathsOf(FLOORS.flat()) },
      to: {},
    },
    ...FLOORS.flatMap((rooms, floor) =>
      rooms.map((room) => ({
        name: `${room}-imports-lower-floors-alone`,
        severity: 'error',
        from: { path: pathOf(room) },
        to: { path: '^src/', pathNot: pathsOf([room, ...FLOORS.slice(0, floor).flat()]) },
      })),
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
  },
};
