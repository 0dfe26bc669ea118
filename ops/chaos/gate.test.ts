import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Gate } from './gate.ts';

let echo: Server;
let gate: Gate;
let client: Socket;
let heard = '';

beforeEach(async () => {
  echo = createServer((socket) => socket.pipe(socket).on('error', () => socket.destroy()));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  gate = await Gate.open((echo.address() as AddressInfo).port);
  heard = '';
  client = dial();
});
afterEach(async () => {
  client.destroy();
  await gate.close();
  echo.close();
});

function dial(): Socket {
  const socket = connect(gate.port, '127.0.0.1');
  socket.on('data', (bytes: Buffer) => (heard += bytes.toString()));
  return socket;
}

async function hears(text: string): Promise<void> {
  await vi.waitFor(() => {
    expect(heard).toBe(text);
  });
}

test('what is said while it is cut arrives after mending, and nobody was disconnected', async () => {
  client.write('a');
  await hears('a');
  gate.cut();
  client.write('b');
  const late = dial();
  late.write('c');
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toBe('a');
  gate.mend();
  await vi.waitFor(() => {
    expect([...heard].toSorted().join('')).toBe('abc');
  });
  expect(client.destroyed).toBe(false);
  late.destroy();
});

test('a target that is away ends the connection', async () => {
  await new Promise((resolve) => echo.close(resolve));
  client.destroy();
  const other = dial();
  await new Promise((resolve) => other.on('close', resolve));
  expect(heard).toBe('');
});
