import { emptyResultSchema } from '#protocol/commands.ts';
import { AppError } from '#protocol/errors.ts';
import { whepCloseSchema, whepOfferSchema, whepPatchSchema } from '#protocol/signalling.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { CameraMedia } from '../camera/camera-media.ts';

/** Answers what the web asks on behalf of a camera's viewers, from the worker that holds the camera. */
export function answerViewers(bus: Bus, camera: string, media: CameraMedia, onRestart: () => void): Closable {
  const answers = [
    bus.respond(subjects.whepOffer(camera), whepOfferSchema, ({ offerSdp }) => media.relay.addViewer(offerSdp)),
    bus.respond(subjects.whepPatch(camera), whepPatchSchema, async ({ viewerId, fragment, iceTags }) => ({
      restarted: await media.relay.updateIce(viewerId, fragment, iceTags),
    })),
    bus.respond(subjects.whepClose(camera), whepCloseSchema, ({ viewerId }) => {
      if (media.relay.removeViewer(viewerId)) return Promise.resolve({});
      throw new AppError('relay.viewer-not-found', 'there is no such viewer (any more)');
    }),
    bus.respond(subjects.whepViewers(camera), emptyResultSchema, () =>
      Promise.resolve({ viewerIds: media.relay.viewers().map(({ viewerId }) => viewerId) }),
    ),
    bus.respond(subjects.poster(camera), emptyResultSchema, async () => {
      const jpeg = await media.poster();
      if (jpeg === null) throw new AppError('camera.no-frames', 'there is no picture of this camera yet');
      return jpeg;
    }),
    bus.respond(subjects.restartCamera(camera), emptyResultSchema, () => {
      onRestart();
      return Promise.resolve({});
    }),
  ];
  return {
    close: () => {
      for (const answer of answers) answer.close();
    },
  };
}
