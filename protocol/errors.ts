/**
 * One catalogue of everything that can go wrong at a boundary. The code decides what a supervisor does and what a page
 * says; the message says what happened, to what, and what to do. Context never carries a secret.
 */
export const ERROR_CATALOGUE = {
  // What an operator typed.
  'input.invalid': { retryable: false, status: 400 },
  'input.too-large': { retryable: false, status: 413 },
  'geometry.out-of-range': { retryable: false, status: 400 },
  'camera.url-malformed': { retryable: false, status: 400 },
  'camera.not-found': { retryable: false, status: 404 },
  'camera.already-exists': { retryable: false, status: 409 },
  'camera.changed-meanwhile': { retryable: false, status: 409 },
  /** Also of an area or a door that is not there. */
  'site.not-found': { retryable: false, status: 404 },
  /** An id that is taken, a line that is in another door already, an area that still has doors. */
  'site.conflict': { retryable: false, status: 409 },
  'camera.held-elsewhere': { retryable: true, status: 409 },
  /** No worker runs it, and this one may not yet. */
  'camera.unclaimed': { retryable: true, status: 503 },
  /** No worker takes more cameras. */
  'fleet.full': { retryable: true, status: 503 },
  'worker.not-found': { retryable: false, status: 404 },
  'truth.not-found': { retryable: false, status: 404 },
  'fact.not-found': { retryable: false, status: 404 },
  'dead-letter.not-found': { retryable: false, status: 404 },
  /** What was decided about it, or what was kept of it, does not allow that. */
  'dead-letter.conflict': { retryable: false, status: 409 },
  // Talking to a camera.
  'camera.unreachable': { retryable: true, status: 502 },
  'camera.refused-login': { retryable: false, status: 502 },
  'camera.path-not-found': { retryable: false, status: 502 },
  'camera.no-h264': { retryable: false, status: 502 },
  'camera.protocol-violation': { retryable: true, status: 502 },
  'camera.refused-request': { retryable: true, status: 502 },
  'camera.silent': { retryable: true, status: 504 },
  'camera.closed-connection': { retryable: true, status: 502 },
  /** In mid-session, without a word. */
  'camera.codec-changed': { retryable: true, status: 502 },
  'camera.no-frames': { retryable: true, status: 504 },
  // Media inside a worker.
  'media.decode-failed': { retryable: true, status: 500 },
  'relay.offer-rejected': { retryable: false, status: 406 },
  'relay.fragment-rejected': { retryable: false, status: 400 },
  'relay.viewer-not-found': { retryable: false, status: 404 },
  /** A PATCH was meant for another ICE session of the viewer, or does not say for which. */
  'relay.ice-session-changed': { retryable: false, status: 412 },
  'relay.ice-session-not-named': { retryable: false, status: 428 },
  'relay.viewer-limit': { retryable: true, status: 503 },
  'relay.unavailable': { retryable: true, status: 503 },
  // Models.
  'model.not-found': { retryable: false, status: 404 },
  'model.unreadable': { retryable: false, status: 422 },
  'model.unsupported': { retryable: false, status: 422 },
  'inference.failed': { retryable: true, status: 500 },
  /** A worker's detectors are short for the cameras they have: a new one is not taken. */
  'inference.overloaded': { retryable: true, status: 503 },
  // Keeping facts.
  'disk.full': { retryable: true, status: 507 },
  'storage.unavailable': { retryable: true, status: 503 },
  'bus.unavailable': { retryable: true, status: 503 },
  'message.invalid': { retryable: false, status: 400 },
  // Running the product.
  'setup.missing': { retryable: false, status: 500 },
  'setup.data-in-use': { retryable: false, status: 500 },
  'config.invalid': { retryable: false, status: 500 },
  'secret.unreadable': { retryable: false, status: 500 },
  aborted: { retryable: false, status: 499 },
  internal: { retryable: true, status: 500 },
} as const satisfies Record<string, { retryable: boolean; status: number }>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>;

/** The one error class that crosses a boundary. `retryable` comes from the catalogue and tells a supervisor to try again. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, message: string, options: { context?: ErrorContext; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.context = options.context ?? {};
  }

  get retryable(): boolean {
    return ERROR_CATALOGUE[this.code].retryable;
  }

  /** HTTP status that fits the code, for the web's problem documents (RFC 9457). */
  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }
}

/** Any thrown value as an AppError; unknown failures become `internal` and keep their cause. */
export function toAppError(error: unknown, fallback: ErrorCode = 'internal'): AppError {
  if (error instanceof AppError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AppError(fallback, message, { cause: error });
}
