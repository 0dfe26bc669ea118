import { safeParse } from 'valibot';
import { formProblemSchema, type FormProblem } from './forms/camera-form.ts';

export type Outcome<T> = { ok: true; result: T } | { ok: false; problem: FormProblem };

/** Asks this server's API for something or to change it; every failure comes back as a sentence for the person who asked. */
export async function send<T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<Outcome<T>> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  } catch {
    return failed('The server cannot be reached. Nothing was changed; try again.');
  }
  const answer: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return { ok: true, result: answer as T };
  const problem = safeParse(formProblemSchema, answer);
  return problem.success
    ? { ok: false, problem: problem.output }
    : failed(`The server answered ${String(response.status)}. Nothing was changed.`);
}

function failed(detail: string): { ok: false; problem: FormProblem } {
  return { ok: false, problem: { detail, code: 'internal', canAddAnyway: false } };
}
