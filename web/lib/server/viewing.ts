import type { Bus } from '#ops/runtime/bus.port.ts';
import type { Env } from '#ops/runtime/env.ts';
import { AppError } from '#protocol/errors.ts';
import type { AllowedOrigins } from './cross-origin.ts';
import type { IceServerSettings } from './ice-servers.ts';
import { ViewerAdmission } from './viewer-admission.ts';

/** Who may play video, from where and by which servers. */
export interface Viewing {
  readonly origins: AllowedOrigins;
  readonly iceServers: IceServerSettings;
  readonly admission: ViewerAdmission;
}

type ViewingSettings = Pick<Env, 'whepOrigins' | 'iceServers' | 'maxViewersPerUser'>;

/** Throws config.invalid for an empty TURN secret. */
export function openViewing(settings: ViewingSettings, turnSecret: string | null, bus: Pick<Bus, 'request'>): Viewing {
  if (turnSecret === '') throw new AppError('config.invalid', 'FOOTFALL_TURN_SECRET_FILE names an empty file');
  return {
    origins: settings.whepOrigins,
    iceServers: { urls: settings.iceServers, turnSecret },
    admission: new ViewerAdmission(bus, settings.maxViewersPerUser),
  };
}
