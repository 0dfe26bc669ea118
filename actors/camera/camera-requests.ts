import {
  checkModelRequestSchema,
  probeRequestSchema,
  type CheckModelResult,
  type ProbeResult,
} from '#protocol/commands.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Credentials, ProbeIngest } from '#media/ingest/ingest.port.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { DetectorPool } from '../inference/detector.port.ts';

const PROBE_TIMEOUT_MS = 6_000;
/** Any worker may answer; one of them does. */
const QUEUE = 'workers';

export interface CameraRequestDeps {
  readonly probe: ProbeIngest;
  readonly pool: Pick<DetectorPool, 'load'>;
  /** Opens what was sealed for a camera that does not exist yet. */
  readonly credentialsOf: (sealed: string | null) => Credentials | null;
}

/** Answers the questions an administrator's form asks before a camera is kept: what is at this address, is this a model? */
export function answerCameraForms(bus: Bus, { probe, pool, credentialsOf }: CameraRequestDeps): Closable {
  const answers = [
    bus.respond(
      subjects.probeCamera,
      probeRequestSchema,
      async ({ url, sealedCredentials }): Promise<ProbeResult> => {
        const credentials = credentialsOf(sealedCredentials);
        const options = { url, credentials, connectTimeoutMs: PROBE_TIMEOUT_MS };
        const { codec, profileLevelId, widthPx, heightPx, fps } = await probe(
          options,
          AbortSignal.timeout(PROBE_TIMEOUT_MS + 1_000),
        );
        return { codec, profile: profileLevelId, widthPx, heightPx, fps };
      },
      QUEUE,
    ),
    bus.respond(
      subjects.checkModel,
      checkModelRequestSchema,
      async ({ model }): Promise<CheckModelResult> => {
        const { format, shape } = await pool.load(model);
        return { format, inputWidthPx: shape.widthPx, inputHeightPx: shape.heightPx };
      },
      QUEUE,
    ),
  ];
  return {
    close: () => {
      for (const answer of answers) answer.close();
    },
  };
}
