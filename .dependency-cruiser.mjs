/**
 * The layers of src/, left to right: a room imports from rooms on its left only, never from its
 * neighbours in the same column. What two neighbours both need belongs further left.
 * The entry points of the package (src/index.ts, src/auto.ts, ...) may import every room, and no
 * room imports an entry point.
 */
const columns = [
  ['native'],
  ['fetch', 'pool', 'sse', 'sizing', 'figures'],
  ['client', 'gateway'],
  ['axios', 'undici', 'alerts', 'fleet'],
  ['patch'],
  ['auto', 'config', 'monitor'],
  ['cli'],
];

const room = (names) => `^src/(${names.join('|')})/`;

const layerRules = columns.flat().map((name) => {
  const column = columns.findIndex((names) => names.includes(name));
  const leftward = columns.slice(0, column).flat();
  return {
    name: `${name}-imports-leftwards-only`,
    comment: 'Move what is shared into a room further left.',
    severity: 'error',
    from: { path: room([name]) },
    to: { path: '^src/[^/]+/', pathNot: room([name, ...leftward]) },
  };
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    {
      name: 'rooms-do-not-import-entry-points',
      severity: 'error',
      from: { path: '^src/[^/]+/' },
      to: { path: '^src/[^/]+\\.ts$' },
    },
    {
      name: 'every-folder-is-a-known-room',
      comment: 'A new folder in src/ takes its place in the columns above first.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/[^/]+/', pathNot: room(columns.flat()) },
    },
    {
      name: 'only-the-loader-imports-the-binding',
      severity: 'error',
      from: { path: '^(src|examples)/', pathNot: '^src/native/load\\.ts$' },
      to: { path: '^native/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A module that nothing imports is dead, unless it is an entry point.',
      severity: 'error',
      from: { orphan: true, path: '^src/[^/]+/', pathNot: '\\.d\\.ts$' },
      to: {},
    },
    {
      name: 'no-dev-dependencies',
      comment: 'What src/ imports at run time is installed with the package.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
    {
      name: 'not-unresolvable',
      severity: 'error',
      from: { path: '^src/' },
      to: { couldNotResolve: true, pathNot: '^(\\.\\./)*native/binding\\.cjs$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules|^native/|^dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
