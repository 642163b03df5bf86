/**
 * Dependencies point one way (design, "The house"): protocol <- log, client <- server-express, web, hack.
 * Type-only imports count as imports.
 */
const rule = (name, from, to, comment) => ({ name, comment, severity: 'error', from, to });

module.exports = {
  forbidden: [
    rule('no-cycles', {}, { circular: true }, 'Layers have one arrow each.'),
    rule('unresolved', {}, { couldNotResolve: true }, 'An import that leads nowhere.'),
    rule(
      'protocol-imports-nothing',
      { path: '^services/protocol/' },
      { path: '^(services/(?!protocol/)|web/|hack/)' },
      'The contract knows none of its users.',
    ),
    rule(
      'protocol-is-pure',
      { path: '^services/protocol/src', pathNot: '\\.test\\.ts$' },
      { dependencyTypes: ['core'] },
      'The contract runs in every browser: no node: modules.',
    ),
    rule(
      'log-imports-protocol-only',
      { path: '^services/log' },
      { path: '^(services/(?!protocol|log)|web|hack)' },
      'The log is below servers and beside the client.',
    ),
    rule(
      'client-imports-protocol-only',
      { path: '^services/client' },
      { path: '^(services/(?!protocol|client)|web|hack)' },
      'The client reaches servers over the wire alone.',
    ),
    rule(
      'servers-never-import-client',
      { path: '^services/server-' },
      { path: '^(services/(client|operator)|web|hack)' },
      'A server that shared code with the client would share its mistakes.',
    ),
    rule(
      'web-through-client',
      { path: '^web' },
      { path: '^(services/(?!client|protocol)|hack)' },
      'The web app reaches servers only through the client.',
    ),
    rule(
      'web-opens-no-socket',
      { path: '^web/src' },
      { path: '(^|node_modules/)(socket\\.io-client|engine\\.io-client)(/|$)' },
      'One place speaks to servers: the client.',
    ),
    rule(
      'nobody-imports-hack',
      { pathNot: '^hack' },
      { path: '^hack' },
      'The product stands without its tools.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'svelte', 'browser', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.svelte', '.json'],
    },
  },
};
