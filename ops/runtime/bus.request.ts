import { headers, type Msg, type NatsConnection } from 'nats';
import type * as v from 'valibot';
import { decode, encode } from '#protocol/codec.ts';
import { problemSchema, replySchema } from '#protocol/commands.ts';
import { AppError, ERROR_CATALOGUE, toAppError, type ErrorCode } from '#protocol/errors.ts';
import type { Closable } from './bus.port.ts';
import { unavailable, type BusConnection } from './bus.connection.ts';

/** Set on replies of raw bytes that are a problem instead. */
const PROBLEM_HEADER = 'Footfall-Problem';
const MAX_CONCURRENT = 256;

export async function request<S extends v.GenericSchema>(
  link: BusConnection,
  subject: string,
  message: unknown,
  result: S,
  timeoutMs: number,
): Promise<v.InferOutput<S>> {
  const reply = await ask(link, subject, message, timeoutMs);
  const answer = decode(replySchema(result), reply.data) as
    { ok: true; result: v.InferOutput<S> } | v.InferOutput<typeof problemSchema>;
  if (!answer.ok) throw problem(answer.code, answer.message);
  return answer.result;
}

export async function requestBytes(
  link: BusConnection,
  subject: string,
  message: unknown,
  timeoutMs: number,
): Promise<Uint8Array> {
  const reply = await ask(link, subject, message, timeoutMs);
  if (reply.headers?.has(PROBLEM_HEADER) === true) {
    const { code, message: said } = decode(problemSchema, reply.data);
    throw problem(code, said);
  }
  return reply.data;
}

async function ask(link: BusConnection, subject: string, message: unknown, timeout: number): Promise<Msg> {
  link.demand(`cannot ask ${subject}`);
  try {
    return await link.orLost(link.nc.request(subject, encode(message), { timeout }));
  } catch (cause) {
    throw unavailable(`no answer from ${subject}`, cause);
  }
}

/** A code of a newer version that this one does not know becomes `internal`. */
function problem(code: string, message: string): AppError {
  return new AppError(code in ERROR_CATALOGUE ? (code as ErrorCode) : 'internal', message);
}

export function respond<S extends v.GenericSchema>(
  link: BusConnection,
  subject: string,
  schema: S,
  answer: (message: v.InferOutput<S>) => Promise<unknown>,
  queue?: string,
): Closable {
  let running = 0;
  const serve = async (message: Msg): Promise<void> => {
    running += 1;
    try {
      if (running > MAX_CONCURRENT) throw new AppError('bus.unavailable', `too many requests at once on ${subject}`);
      const result = await answer(decode(schema, message.data));
      message.respond(result instanceof Uint8Array ? result : encode({ ok: true, result: result ?? {} }));
    } catch (error) {
      refuse(link.nc, message, toAppError(error));
    } finally {
      running -= 1;
    }
  };
  const subscription = link.nc.subscribe(subject, {
    ...(queue === undefined ? {} : { queue }),
    callback: (error, message) => {
      if (error !== null) {
        link.log.error({ subject, error }, 'NATS refuses a subscription');
        return;
      }
      serve(message).catch((cause: unknown) => {
        link.log.warn({ subject, error: cause }, 'a reply could not be sent');
      });
    },
  });
  return closing(link, () => {
    subscription.unsubscribe();
  });
}

function refuse(nc: NatsConnection, message: Msg, error: AppError): void {
  if (nc.isClosed()) return;
  const marked = headers();
  marked.set(PROBLEM_HEADER, error.code);
  message.respond(encode({ ok: false, code: error.code, message: error.message }), { headers: marked });
}

export function subscribeLive<S extends v.GenericSchema>(
  link: BusConnection,
  subject: string,
  schema: S,
  onMessage: (message: v.InferOutput<S>, subject: string) => void,
): Closable {
  let dropped = 0;
  const subscription = link.nc.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) {
        link.log.error({ subject, error }, 'NATS refuses a subscription');
        return;
      }
      try {
        onMessage(decode(schema, message.data), message.subject);
      } catch (cause) {
        dropped += 1;
        // One line for the first, the tenth, the hundredth ... : a stream of them must not become a stream of lines.
        if (Number.isInteger(Math.log10(dropped))) {
          link.log.warn({ subject: message.subject, dropped, error: cause }, 'dropped a live message');
        }
      }
    },
  });
  return closing(link, () => {
    subscription.unsubscribe();
  });
}

/** Unsubscribing on a closed connection throws; by then there is nothing to end. */
function closing(link: BusConnection, close: () => void): Closable {
  return {
    close() {
      if (!link.nc.isClosed()) close();
    },
  };
}
