import type { networkInterfaces } from 'node:os';
import { expect, it } from 'vitest';
import { listenAddressesOf } from './listen-addresses.ts';

const address = (text: string, internal: boolean): object => ({ address: text, internal });
const interfaces = {
  lo: [address('127.0.0.1', true), address('::1', true)],
  eth0: [address('192.0.2.7', false), address('fe80::1', false), address('2001:db8::7', false)],
} as unknown as ReturnType<typeof networkInterfaces>;

it('offers an address as it is', async () => {
  expect(await listenAddressesOf('192.0.2.1', interfaces)).toEqual(['192.0.2.1']);
  expect(await listenAddressesOf('2001:db8::1', interfaces)).toEqual(['2001:db8::1']);
});

it("offers every address of the machine's own for the wildcard, those that others can reach first", async () => {
  expect(await listenAddressesOf('0.0.0.0', interfaces)).toEqual(['192.0.2.7', '127.0.0.1']);
  expect(await listenAddressesOf('::', interfaces)).toEqual(['192.0.2.7', '2001:db8::7', '127.0.0.1', '::1']);
});

it('offers what a name stands for', async () => {
  expect(await listenAddressesOf('localhost', interfaces)).toContain('127.0.0.1');
});
