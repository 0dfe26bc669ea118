import { PictureDecoder } from '#media/frames/h264.nodeav.ts';
import type { FrameShape } from '#media/frames/frame.ts';
import { toAnnexB } from '#media/h264/annexb.ts';
import { planOf } from '#media/simulator/loop-plan.ts';
import { openGopEncoder } from '#media/simulator/scene-encoder.node-av.ts';

/** What the model is fed. The sub-stream's 640x360 fill its upper 216 rows. */
export const SHAPE: FrameShape = { widthPx: 384, heightPx: 224, fit: 'letterbox' };
export const PICTURE_ROWS = 216;
export const SUB_WIDTH_PX = 640;
export const SUB_HEIGHT_PX = 360;

/**
 * Sends pictures (RGBA, 640x360) through H.264 and the product's own decoder and scaler, as a camera's sub-stream comes:
 * block artefacts and all. Returns each as RGB, 384 x 224.
 */
export async function throughCamera(pictures: Iterable<Buffer>, quality: number): Promise<Uint8Array[]> {
  const plan = { ...planOf('hall', 'sub'), quality, maxKbps: 1200 };
  const encoder = await openGopEncoder(plan);
  const decoder = new PictureDecoder();
  const frames: Uint8Array[] = [];
  try {
    for (const picture of pictures) {
      const unit = await encoder.encode(picture);
      decoder.decode(toAnnexB([...unit.nalUnits]), frames.length, () => {
        const rgb = decoder.rgb(SHAPE)?.rgb;
        if (rgb !== undefined) frames.push(rgb);
      });
    }
    return frames;
  } finally {
    encoder.close();
    decoder.close();
  }
}
