import { openLog, type Log } from '#ops/runtime/log.ts';

/** Shows errors only: what tests provoke on purpose is warned about. */
export const silentLog: Log = openLog('test', 'error');
