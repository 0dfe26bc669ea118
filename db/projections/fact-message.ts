import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { decode, parse } from '#protocol/codec.ts';
import { MAX_FACT_BYTES, parseReplayId, type DeadLetterReason } from '#protocol/dead-letters.ts';
import { toAppError } from '#protocol/errors.ts';
import {
  factSchema,
  type CameraStateChanged,
  type CountedFact,
  type CrossingDismissed,
  type Fact,
  type LeaseStarted,
} from '#protocol/facts.ts';
import { factId } from '#protocol/ids.ts';
import type { PictureHealthChanged } from '#protocol/picture-health.ts';
import { isFactKind, parseFactSubject, subjects } from '#protocol/subjects.ts';
import type { KeptMessage } from '#ops/runtime/bus.port.ts';

/** What is kept of a message that makes no sense. */
const MAX_PAYLOAD = 16_384;

export interface InvalidMessage {
  readonly kind: 'invalid';
  /** The fact id it was published under, else a digest: the same message twice is one row. */
  readonly key: string;
  /** From its subject; null when that names none. */
  readonly camera: string | null;
  /** Place in a lease's outbox, when its id tells: the worker must not repeat it for ever. */
  readonly settles: { readonly camera: string; readonly leaseId: string; readonly n: number } | null;
  readonly subject: string;
  readonly reason: DeadLetterReason;
  readonly detail: string;
  readonly payload: string;
}

export type ReadMessage =
  | { readonly kind: 'lease'; readonly fact: LeaseStarted }
  | { readonly kind: 'counted'; readonly fact: CountedFact }
  | { readonly kind: 'near-miss'; readonly fact: CrossingDismissed }
  | { readonly kind: 'state'; readonly fact: CameraStateChanged }
  | { readonly kind: 'picture'; readonly fact: PictureHealthChanged }
  | InvalidMessage;

/** Decodes and validates; an id, subject and content that do not belong together are refused too. */
export function readMessage(message: KeptMessage): ReadMessage {
  const { subject, data } = message;
  const named = parseFactSubject(subject);
  if (named === null) return condemn(message, 'bad-subject', 'its subject is not footfall.fact.camera.ID.WHAT.vN');
  if (named.version !== 'v1')
    return condemn(message, 'unknown-version', `facts of version ${named.version} are not known`);
  if (!isFactKind(named.what)) return condemn(message, 'unknown-type', `no fact is called ${named.what}`);
  if (data.length > MAX_FACT_BYTES)
    return condemn(message, 'too-large', `${String(data.length)} bytes are more than a fact has`);
  let value: unknown;
  try {
    value = decode(v.unknown(), data);
  } catch (error) {
    return condemn(message, 'not-json', toAppError(error).message);
  }
  const type = typeOf(value);
  if (type !== null && !KNOWN_TYPES.has(type)) return condemn(message, 'unknown-type', `no fact has the type ${type}`);
  try {
    return sorted(message, parse(factSchema, value, 'message.invalid'));
  } catch (error) {
    return condemn(message, 'invalid', toAppError(error).message);
  }
}

const KNOWN_TYPES: ReadonlySet<string> = new Set(factSchema.options.map((option) => option.entries.type.literal));

function typeOf(value: unknown): string | null {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
    ? value.type
    : null;
}

function sorted(message: KeptMessage, fact: Fact): ReadMessage {
  if (fact.id !== factId(fact.camera, fact.leaseId, fact.n))
    return condemn(message, 'mismatch', 'its id is not its place in a lease');
  if (message.subject !== subjects.fact(fact.type, fact.camera))
    return condemn(message, 'mismatch', 'its subject names another camera or type');
  if (fact.type === 'LeaseStarted') return { kind: 'lease', fact };
  if (fact.type === 'CrossingDismissed') return { kind: 'near-miss', fact };
  if (fact.type === 'CameraStateChanged') return { kind: 'state', fact };
  if (fact.type === 'PictureHealthChanged') return { kind: 'picture', fact };
  return { kind: 'counted', fact };
}

export function condemn(message: KeptMessage, reason: DeadLetterReason, detail: string): InvalidMessage {
  const place = placeOf(message.messageId);
  return {
    kind: 'invalid',
    key: place === null ? digest(message) : factId(place.camera, place.leaseId, place.n),
    camera: parseFactSubject(message.subject)?.camera ?? null,
    settles: place,
    subject: storable(message.subject.slice(0, 200)),
    reason,
    detail: storable(detail.slice(0, 500)),
    payload: storable(new TextDecoder().decode(message.data.subarray(0, MAX_PAYLOAD))),
  };
}

/** PostgreSQL's text holds no NUL, and half a surrogate pair, as a cut leaves it, is no text. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}

/** Replayed, it keeps the place it had first. */
function placeOf(id: string | null): InvalidMessage['settles'] {
  const original = parseReplayId(id)?.original ?? id;
  const [, camera, leaseId, n] = /^([a-z0-9-]{1,63})\.([0-9a-f]{24})\.([1-9]\d{0,14})$/.exec(original ?? '') ?? [];
  return camera === undefined || leaseId === undefined ? null : { camera, leaseId, n: Number(n) };
}

function digest(message: KeptMessage): string {
  return `sha256:${createHash('sha256').update(message.subject).update('\n').update(message.data).digest('hex')}`;
}
