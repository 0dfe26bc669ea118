import { FirstTables } from './2026-11-22-first-tables.ts';

/** In the order they run. A name, once released, stays for ever: the database remembers it. */
export const migrations = [{ name: '2026-11-22-first-tables', class: FirstTables }];
