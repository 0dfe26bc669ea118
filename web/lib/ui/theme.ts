/** `system` follows prefers-color-scheme. */
export type Theme = 'system' | 'light' | 'dark';

/** From the cookie `theme`, which anybody can write. */
export function themeOf(cookie: string | undefined): Theme {
  return cookie === 'light' || cookie === 'dark' ? cookie : 'system';
}
