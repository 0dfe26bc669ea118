import type { LayoutServerLoad } from './$types';
import { themeOf } from '#web/lib/ui/theme.ts';
import { backend } from '#web/lib/server/backend.ts';

/** What the page starts from; afterwards it hears changes itself. */
export const load: LayoutServerLoad = ({ cookies }) => {
  const { hub } = backend();
  return {
    seed: { states: hub.states(), counts: hub.counts() },
    serverNowMs: Date.now(),
    theme: themeOf(cookies.get('theme')),
  };
};
