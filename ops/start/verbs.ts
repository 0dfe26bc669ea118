/** Every verb of the command line. Each is loaded only when it is asked for. */
export interface Verb {
  readonly summary: string;
  readonly usage: string;
  /** The process's exit status. */
  run(args: string[]): Promise<number>;
}

export const verbs: Readonly<Record<string, Verb>> = {
  start: {
    summary: 'Runs the whole product: embedded services, simulated cameras, worker, projector, web.',
    usage: '',
    run: async () => (await import('./launcher.ts')).launch({ dev: false }),
  },
  dev: {
    summary: 'Like start, with the web app served from its sources and reloaded as they change.',
    usage: '',
    run: async () => (await import('./launcher.ts')).launch({ dev: true }),
  },
  worker: {
    summary: 'Runs one more worker, for an installation whose NATS_URL and FOOTFALL_SEAL_KEY_FILE are set.',
    usage: '',
    run: async () => {
      await import('#actors/main.ts');
      return 0;
    },
  },
  setup: {
    summary: 'Brings what the machine lacks: start (default), test, mediasoup, web.',
    usage: '[start|test|mediasoup|web ...]',
    run: async (args) => (await import('../setup/setup.ts')).setup(args),
  },
  test: {
    summary: 'Sets up and runs every test: unit, integration, end to end in Chromium.',
    usage: '[unit|integration|e2e ...] [-- vitest options]',
    run: async (args) => (await import('../setup/test.ts')).test(args),
  },
  check: {
    summary: 'Types, lint, format, import rules, svelte-check.',
    usage: '',
    run: async () => (await import('../setup/check.ts')).check(),
  },
  replay: {
    summary: 'Runs a video file through the same decoding, detection, tracking and counting as a camera.',
    usage: '--video FILE --geometry FILE.json [--model FILE|NAME] [--fps N | --every N] [--json]',
    run: async (args) => (await import('../replay/replay.ts')).runReplay(args),
  },
  accuracy: {
    summary: 'Holds the counts of clips against their truth: precision, recall and error with 95 % intervals.',
    usage: '--truth DIR [--clips DIR] [--model FILE|NAME] [--fps N | --every N] [--json]',
    run: async (args) => (await import('../accuracy/accuracy.ts')).runAccuracy(args),
  },
  model: {
    summary: 'Lists, checks, adds, fetches and activates models that find people.',
    usage: 'list | check FILE | add FILE | fetch yolox-nano | activate NAME',
    run: async (args) => (await import('../models/model.ts')).runModel(args),
  },
  explain: {
    summary: 'Says why something counted, or why not.',
    usage: 'FACT-ID [--json]',
    run: async (args) => (await import('../explain/explain.ts')).explain(args),
  },
  'dead-letters': {
    summary: 'Lists, shows, replays and discards messages that could not be counted.',
    usage: 'list | show ID | replay ID | discard ID [--all] [--reason REASON] [--by NAME] [--json]',
    run: async (args) => (await import('../dead-letters/dead-letters.ts')).runDeadLetters(args),
  },
  bench: {
    summary: 'Measures; what there is stands in ops/bench/README.md.',
    usage: 'NAME [--json] [its own options]',
    run: async (args) => (await import('../bench/bench.ts')).bench(args),
  },
};
