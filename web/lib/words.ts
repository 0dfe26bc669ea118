/** Times as the viewer's own locale writes them, and words for people. */

/** A message of the error catalogue (lower case, no full stop) as a sentence. */
export function sentence(message: string): string {
  const text = message.trim();
  const ended = /[.!?…]$/.test(text) ? text : `${text}.`;
  return ended.charAt(0).toLocaleUpperCase() + ended.slice(1);
}

export function clockTime(ms: number): string {
  return new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

export function clockTimeWithSeconds(ms: number): string {
  return new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

export function dayAndTime(ms: number): string {
  return new Date(ms).toLocaleString([], {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  });
}

/** "12 min", "3 h 20 min", "5 days": how long something has lasted. */
export function lasting(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 1) return 'less than a minute';
  if (minutes < 60) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${String(hours)} h` : `${String(hours)} h ${String(minutes % 60)} min`;
  return `${String(Math.floor(hours / 24))} days`;
}
