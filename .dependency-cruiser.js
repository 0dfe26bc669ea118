/**
 * Who may import whom, as the house style's table says. `npm run check` runs it over the tree, and over a planted
 * violation of each rule's kind that it must catch.
 */
const folder = (names) => `^(${names})/`;
const notTests = '(\\.(test|int\\.test|contract|bench|e2e)\\.ts$|^web/e2e/)';

const onlyFrom = (name, packages, allowed) => ({
  name,
  severity: 'error',
  comment: `${packages} may be imported by ${allowed} only`,
  from: { pathNot: [allowed, notTests, '^ops/(testkit|bench|training|replay)/', '^ops/setup/'] },
  to: { path: `node_modules/(${packages})(/|$)` },
});

const mayImport = (name, from, allowed, except) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: [notTests, ...(except ?? [])] },
  to: { path: folder('protocol|media|actors|db|web|ops'), pathNot: allowed },
});

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(\\$|node:|\\./\\$types$)' },
    },
    mayImport('protocol-imports-nothing', '^protocol/', ['^protocol/']),
    mayImport('runtime-imports-protocol', '^ops/runtime/', ['^protocol/', '^ops/runtime/']),
    mayImport('media-imports', '^media/', ['^protocol/', '^media/', '^ops/runtime/(?!bus)']),
    mayImport('actors-imports', '^actors/', ['^protocol/', '^media/', '^actors/', '^ops/runtime/']),
    mayImport('db-imports', '^db/', ['^protocol/', '^db/', '^ops/runtime/']),
    mayImport('web-imports', '^web/', [
      '^protocol/',
      '^web/',
      '^ops/runtime/',
      '^db/(queries|commands)/',
      '^db/database\\.ts$',
    ]),
    {
      name: 'browser-imports-protocol-only',
      severity: 'error',
      from: { path: '^web/lib/(live|video|geometry|charts|ui)/', pathNot: notTests },
      to: { path: [folder('media|actors|db|ops'), '^web/lib/server/'] },
    },
    {
      name: 'pure-stays-pure',
      severity: 'error',
      from: { path: '(\\.machine\\.ts$|^actors/(tracking|counting)/|^protocol/geometry)', pathNot: notTests },
      to: { path: '(^ops/|^media/(?!frames/frame)|^node:)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'pure-has-no-node-core',
      severity: 'error',
      from: { path: '(\\.machine\\.ts$|^actors/(tracking|counting)/|^protocol/)', pathNot: notTests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'nobody-imports-the-tools',
      severity: 'error',
      from: { path: '^(protocol|media|actors|db|web)/|^ops/runtime/', pathNot: [notTests, '^web/vite\\.config'] },
      to: { path: '^ops/(start|setup|testkit|bench|training|deploy|replay)/' },
    },
    onlyFrom('mediasoup-has-one-door', 'mediasoup', '^media/relay/(relay\\.mediasoup|mediasoup/)'),
    onlyFrom('werift-has-one-door', 'werift', '^media/relay/relay\\.werift'),
    onlyFrom('node-av-has-few-doors', 'node-av', '^media/(frames|simulator)/'),
    onlyFrom('onnxruntime-has-one-door', 'onnxruntime-node', '^actors/inference/'),
    onlyFrom('nats-has-one-door', '@nats-io/[^/]+|nats', '^ops/runtime/bus'),
    onlyFrom('mikro-orm-stays-in-db', '@mikro-orm/[^/]+|mikro-orm', '^db/'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(\\.svelte-kit|build|\\.footfall)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'svelte', 'types'],
    },
  },
};
