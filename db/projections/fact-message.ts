import { createHash } from 'node:crypto';
import { decode } from '#protocol/codec.ts';
import { toAppError } from '#protocol/errors.ts';
import {
  factSchema,
  type CameraStateChanged,
  type CountedFact,
  type CrossingDismissed,
  type LeaseStarted,
} from '#protocol/facts.ts';
import { factId, TOKEN_PATTERN } from '#protocol/ids.ts';
import type { PictureHealthChanged } from '#protocol/picture-health.ts';
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

/** Decodes and validates; an id, subject and content that do not belong together are invalid too. */
export function readMessage(message: KeptMessage): ReadMessage {
  try {
    const fact = decode(factSchema, message.data);
    if (fact.id !== factId(fact.camera, fact.leaseId, fact.n))
      return condemn(message, 'its id is not its place in a lease');
    if (cameraOf(message.subject) !== fact.camera) return condemn(message, 'its subject names another camera');
    if (fact.type === 'LeaseStarted') return { kind: 'lease', fact };
    if (fact.type === 'CrossingDismissed') return { kind: 'near-miss', fact };
    if (fact.type === 'CameraStateChanged') return { kind: 'state', fact };
    if (fact.type === 'PictureHealthChanged') return { kind: 'picture', fact };
    return { kind: 'counted', fact };
  } catch (error) {
    return condemn(message, toAppError(error).message);
  }
}

export function condemn(message: KeptMessage, detail: string): InvalidMessage {
  const place = placeOf(message.messageId);
  return {
    kind: 'invalid',
    key: place === null ? digest(message) : factId(place.camera, place.leaseId, place.n),
    camera: cameraOf(message.subject),
    settles: place,
    subject: message.subject.slice(0, 200),
    detail: detail.slice(0, 500),
    // PostgreSQL's text holds no NUL.
    payload: new TextDecoder().decode(message.data.subarray(0, MAX_PAYLOAD)).replaceAll('\0', '\uFFFD'),
  };
}

function cameraOf(subject: string): string | null {
  const [, kind, thing, id = ''] = subject.split('.');
  return kind === 'fact' && thing === 'camera' && TOKEN_PATTERN.test(id) ? id : null;
}

function placeOf(id: string | null): InvalidMessage['settles'] {
  const [, camera, leaseId, n] = /^([a-z0-9-]{1,63})\.([0-9a-f]{24})\.([1-9]\d{0,14})$/.exec(id ?? '') ?? [];
  return camera === undefined || leaseId === undefined ? null : { camera, leaseId, n: Number(n) };
}

function digest(message: KeptMessage): string {
  return `sha256:${createHash('sha256').update(message.subject).update('\n').update(message.data).digest('hex')}`;
}
