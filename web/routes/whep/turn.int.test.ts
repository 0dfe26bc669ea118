import { describe, expect, it, vi } from 'vitest';
import { readEnv } from '#ops/runtime/env.ts';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { findTurnServer, openTestTurn } from '#ops/testkit/turn.ts';
import { servePlayerPage, type ToldByPlayer } from '#ops/testkit/whep-player-page.ts';
import { startWhepServer } from '#ops/testkit/whep-server.ts';

const SOON = { timeout: 20_000, interval: 100 };
const turnServer = findTurnServer();
const why = 'coturn is not installed: apt-get install --no-install-recommends coturn';

if (turnServer === null && readEnv().requirePeers) {
  it('has the peer it needs', () => {
    expect.fail(why);
  });
} else if (turnServer === null) {
  it.skip(why);
}

describe.runIf(turnServer !== null)('a viewer that can reach nothing but coturn', () => {
  it.each(['udp', 'tcp'])('sees video over %s, with the credentials it was told', async (transport) => {
    const turn = await openTestTurn(turnServer ?? '');
    const player = await servePlayerPage();
    const server = await startWhepServer({
      FOOTFALL_WHEP_ORIGINS: player.origin,
      FOOTFALL_ICE_SERVERS: `turn:127.0.0.1:${String(turn.port)}?transport=${transport}`,
      FOOTFALL_TURN_SECRET_FILE: turn.secretFile,
    });
    const browser = await launchChromium();
    try {
      const { page } = await openPage(browser, player.origin);
      const told = (): Promise<ToldByPlayer> => page.evaluate('told()');
      await page.evaluate(`play(${JSON.stringify(`${server.url}/whep/hall`)}, 'relay')`);
      await vi.waitFor(async () => expect((await told()).frames).toBeGreaterThan(30), SOON);
      expect((await told()).localCandidateType).toBe('relay');

      expect(await page.evaluate('restart()')).toBe(200);
      const { frames } = await told();
      await vi.waitFor(async () => expect((await told()).frames).toBeGreaterThan(frames + 30), SOON);
      expect((await told()).localCandidateType).toBe('relay');
    } finally {
      await browser.close();
      await server.close();
      await player.close();
      await turn.close();
    }
  });
});
