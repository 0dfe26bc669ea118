const TAG = /(W\/)?"([\x21\x23-\x7e]*)"|\*/g;
const MAX_TAGS = 8;

/**
 * The strong entity tags of an If-Match header (RFC 9110 section 13.1.1), `*` among them; null without one. Weak tags
 * never match here and are left out. `"*"` counts as `*`: WHEP's own example of an ICE restart is written so.
 */
export function entityTagsOf(ifMatch: string | null): readonly string[] | null {
  if (ifMatch === null) return null;
  return Array.from(ifMatch.matchAll(TAG))
    .filter(([, weak]) => weak === undefined)
    .map(([whole, , tag]) => tag ?? whole)
    .slice(0, MAX_TAGS);
}
