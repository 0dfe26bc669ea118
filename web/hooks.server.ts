import type { Handle } from '@sveltejs/kit/hooks';
import { backend } from '#web/lib/server/backend.ts';
import { corsHeaders, originAllowed, type AllowedOrigins } from '#web/lib/server/cross-origin.ts';
import { changeAllowed, hostAllowed } from '#web/lib/server/origin.ts';
import { problem } from '#web/lib/server/problem.ts';
import { themeOf } from '#web/lib/ui/theme.ts';
import { AppError } from '#protocol/errors.ts';

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
};

export const handle: Handle = async ({ event, resolve }) => {
  // Only video may be had by pages of other origins, and only if the settings say so.
  const origins = event.url.pathname.startsWith('/whep/') ? backend().viewing.origins : [];
  const refused = refusalOf(event.request, origins);
  if (refused !== null) return refused;
  const theme = themeOf(event.cookies.get('theme'));
  const response = await resolve(event, {
    transformPageChunk: ({ html }) => html.replace('%footfall.theme%', theme),
  });
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
  for (const [name, value] of corsHeaders(event.request, origins)) response.headers.set(name, value);
  return response;
};

function refusalOf(request: Request, origins: AllowedOrigins): Response | null {
  if (!hostAllowed(request.headers.get('host'), backend().host)) {
    const error = new AppError('input.invalid', 'open this server by its IP address, by localhost or by FOOTFALL_HOST');
    return problem(error, {}, 421);
  }
  const isLetIn = originAllowed(request.headers.get('origin'), origins);
  if (!isLetIn && !changeAllowed(request.method, request.headers)) {
    return problem(new AppError('input.invalid', 'changes are accepted from this server’s own pages only'), {}, 403);
  }
  return null;
}
