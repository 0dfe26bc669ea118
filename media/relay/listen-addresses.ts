import { lookup } from 'node:dns/promises';
import { isIP, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * The addresses viewers are offered where the product listens on `host`: an ICE candidate must be an address that leads
 * here, which 0.0.0.0 and a name are not. Those that other machines can reach come first.
 */
export async function listenAddressesOf(host: string, interfaces: Interfaces = networkInterfaces()): Promise<string[]> {
  const isAny = host === '0.0.0.0' || host === '::';
  if (isAny) return ownAddresses(interfaces, host === '::');
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

function ownAddresses(interfaces: Interfaces, withIPv6: boolean): string[] {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  return (
    all
      // A link-local address means nothing without the name of this machine's interface.
      .filter(({ address }) => isIPv4(address) || (withIPv6 && !address.startsWith('fe80:')))
      .toSorted((a, b) => Number(a.internal) - Number(b.internal))
      .map(({ address }) => address)
  );
}
