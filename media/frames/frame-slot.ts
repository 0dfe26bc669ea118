/**
 * Memory that threads share, used for one frame after another: passing pixels on costs no copy, and no collector is kept
 * busy with a quarter of a megabyte a frame. Who fills it waits until the last frame was taken.
 */
export class FrameSlot {
  private memory: SharedArrayBuffer | null = null;

  /** Of just this size; the same as last time where that fits. */
  bytes(count: number): SharedArrayBuffer {
    if (this.memory?.byteLength !== count) this.memory = new SharedArrayBuffer(count);
    return this.memory;
  }
}
