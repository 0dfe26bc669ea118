import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { onFinished } from './ingest-rig.ts';

/** Listens with the shortest queue and never accepts: its thread sleeps for good. */
const SLEEPER = `
  const server = require('node:net').createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    require('node:fs').writeSync(1, String(server.address().port));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

/** An address where a connection is neither accepted nor refused, as behind a firewall. Gone after the test. */
export async function deafHost(): Promise<string> {
  const sleeper = spawn(process.execPath, ['-e', SLEEPER], { stdio: ['ignore', 'pipe', 'inherit'] });
  onFinished(() => {
    sleeper.kill('SIGKILL');
  });
  const [port] = (await once(sleeper.stdout, 'data')) as [Buffer];
  // Enough to fill the queue; those beyond it hang like everyone after them.
  for (let nth = 0; nth < 4; nth += 1) {
    const filler = connect(Number(port.toString()), '127.0.0.1').on('error', () => undefined);
    onFinished(() => {
      filler.destroy();
    });
  }
  return `rtsp://127.0.0.1:${port.toString()}/live`;
}
