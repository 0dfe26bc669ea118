import { pino, type Logger } from 'pino';
import { AppError } from '#protocol/errors.ts';

export type Log = Logger;

/**
 * JSON lines on stderr: a static message and fields. error = someone must act, warn = we recovered, info = state changed.
 * Nothing per packet or frame. Addresses lose their user and password on the way out.
 */
export function openLog(process_: string, level: 'debug' | 'info' | 'warn' | 'error'): Log {
  return pino(
    {
      level,
      base: { process: process_ },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: errorFields },
      redact: {
        paths: ['password', '*.password', 'credentials', '*.credentials', 'authorization'],
        censor: '[hidden]',
      },
    },
    pino.destination({ fd: 2, sync: false }),
  );
}

/** An error as fields, causes included; addresses in messages lose their credentials. */
export function errorFields(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: hideCredentials(String(error)) };
  return {
    ...(error instanceof AppError
      ? { code: error.code, context: error.context }
      : { stack: hideCredentials(error.stack ?? '') }),
    message: hideCredentials(error.message),
    ...(error.cause === undefined ? {} : { cause: errorFields(error.cause) }),
  };
}

/** `rtsp://user:secret@host` becomes `rtsp://[hidden]@host`. */
export function hideCredentials(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1[hidden]@');
}
