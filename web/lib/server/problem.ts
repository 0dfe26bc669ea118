import { toAppError, type AppError, type ErrorCode } from '#protocol/errors.ts';
import { CameraRefused } from './camera-checks.ts';
import { backend } from './backend.ts';

/** A problem document (RFC 9457). `code` is the catalogue's; `detail` is for the person in front of the page. */
export interface ProblemDocument {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}

/** When asking again is worth it. A place for a viewer is rarely given back at once. */
const RETRY_AFTER_S: Partial<Record<ErrorCode, number>> = {
  'relay.viewer-limit': 10,
  'relay.unavailable': 1,
  'bus.unavailable': 2,
};

/** Extra members go into the document, as RFC 9457 section 3.2 allows. */
export function problem(error: AppError, extra: Record<string, unknown> = {}, status = error.status): Response {
  const body: ProblemDocument & Record<string, unknown> = {
    type: 'about:blank',
    title: titleOf(status),
    status,
    detail: error.code === 'internal' ? 'Something failed inside the server; its log says what.' : error.message,
    code: error.code,
    ...extra,
  };
  const retryAfterS = RETRY_AFTER_S[error.code];
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
    },
  });
}

/** Runs a route's work and answers what it throws as a problem document; logs what an operator must see. */
export async function answer(work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'internal') backend().log.error({ error: thrown }, 'a request failed inside');
    return problem(error);
  }
}

/** As `answer`, with what the form needs to say it beside the right field. */
export function answerForm(work: () => Promise<Response>): Promise<Response> {
  return answer(async () => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CameraRefused)) throw error;
      const { fieldErrors, canAddAnyway } = error;
      return problem(error, { fieldErrors, canAddAnyway });
    }
  });
}

function titleOf(status: number): string {
  const titles: Record<number, string> = {
    400: 'Bad request',
    403: 'Forbidden',
    404: 'Not found',
    405: 'Method not allowed',
    406: 'Not acceptable',
    409: 'Conflict',
    412: 'Precondition failed',
    413: 'Too large',
    415: 'Unsupported media type',
    421: 'Misdirected request',
    422: 'Not usable',
    428: 'Precondition required',
    502: 'The camera did not answer as it should',
    503: 'Not available now',
    504: 'No answer in time',
    507: 'No space left',
  };
  return titles[status] ?? 'Failed';
}
