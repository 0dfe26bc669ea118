import * as v from 'valibot';
import { forMs, share } from './fault-fields.ts';
import { pictureFaultSchemas } from './picture-faults/picture-fault.ts';

/**
 * What can be wrong with a camera. One at a time: a new one replaces the last. `forMs`: recovers by itself.
 * - freeze: connections stay open, nothing is sent, not even answers
 * - drop: every connection is cut once; clients may come back at once
 * - offline: every connection is cut, also new ones, until recovery
 * - refuse: sessions go on, who asks for a new one gets 503
 * - refuse-login: sessions go on, no login is accepted any more
 * - change-resolution: a stream plays pictures of another size (other SPS) in mid-session
 * - corrupt: packets get lost or hold wrong bytes
 * - garbage: random bytes in place of answers and packets
 * - covered, blurred, moved, frozen, dark, washed-out: the picture itself, see `picture-fault.ts`
 */
export const faultSchema = v.variant('kind', [
  v.object({ kind: v.literal('freeze'), forMs }),
  v.object({ kind: v.literal('drop') }),
  v.object({ kind: v.literal('offline'), forMs }),
  v.object({ kind: v.literal('refuse'), forMs }),
  v.object({ kind: v.literal('refuse-login'), forMs }),
  v.object({ kind: v.literal('change-resolution'), stream: v.picklist(['main', 'sub']), forMs }),
  v.object({
    kind: v.literal('corrupt'),
    lossFrac: v.optional(share, 0.02),
    flipFrac: v.optional(share, 0.02),
    forMs,
  }),
  v.object({ kind: v.literal('garbage'), forMs }),
  ...pictureFaultSchemas,
]);
export type Fault = v.InferOutput<typeof faultSchema>;
export type FaultInput = v.InferInput<typeof faultSchema>;

export interface Cuttable {
  cut(): void;
}

/** A camera's fault in force and the connections it applies to. */
export class CameraFaults {
  readonly #connections = new Set<Cuttable>();
  #current: Fault | null = null;

  get current(): Fault | null {
    return this.#current;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** `drop` acts at once and leaves nothing in force. */
  set(fault: Fault | null): void {
    this.#current = fault?.kind === 'drop' ? null : fault;
    if (fault?.kind === 'drop' || fault?.kind === 'offline') this.cutAll();
  }

  cutAll(): void {
    for (const connection of [...this.#connections]) connection.cut();
  }

  /** The connection uses this camera until it calls `detach`. */
  attach(connection: Cuttable): void {
    this.#connections.add(connection);
  }

  detach(connection: Cuttable): void {
    this.#connections.delete(connection);
  }
}
