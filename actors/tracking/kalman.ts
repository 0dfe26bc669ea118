import type { Box } from '#protocol/geometry.ts';

/**
 * A constant-velocity Kalman filter of a person's box that takes the real time between frames. Centre x and y carry a
 * position and a velocity, width and height a value that wanders. Acceleration is white noise in continuous time, so
 * predicting 200 ms at once or in any steps that add up to it is the same. Noise is in units of the person's own box: x in
 * widths, y in heights. So no picture size or aspect ratio is needed, and stretching the picture changes nothing.
 * (ByteTrack's filter, Zhang et al. 2022, is also one independent filter a coordinate, but counts frames and not time.)
 */
export interface BoxMotion {
  readonly x: Axis;
  readonly y: Axis;
  readonly width: Size;
  readonly height: Size;
}

/** Image fractions and seconds; the last three are the covariance matrix of position and velocity. */
export interface Axis {
  readonly position: number;
  readonly velocity: number;
  readonly positionVariance: number;
  readonly covariance: number;
  readonly velocityVariance: number;
}

export interface Size {
  readonly value: number;
  readonly variance: number;
}

/** All are standard deviations in units of the box's own width or height. */
export interface MotionNoise {
  /** How far a detected box's centre is from the true one. */
  readonly centre: number;
  /** How far a detected box's width or height is from the true one. */
  readonly size: number;
  /** Speed of somebody just seen for the first time, boxes a second. */
  readonly firstSpeed: number;
  /** Change of speed within one second, boxes a second. */
  readonly speedChange: number;
  /** Relative change of size within one second. */
  readonly sizeChange: number;
}

export function startMotion(box: Box, noise: MotionNoise): BoxMotion {
  const width = box.x2 - box.x1;
  const height = box.y2 - box.y1;
  return {
    x: startAxis((box.x1 + box.x2) / 2, width, noise),
    y: startAxis((box.y1 + box.y2) / 2, height, noise),
    width: { value: width, variance: (noise.size * width) ** 2 },
    height: { value: height, variance: (noise.size * height) ** 2 },
  };
}

export function predictMotion(motion: BoxMotion, seconds: number, noise: MotionNoise): BoxMotion {
  const { width, height } = motion;
  return {
    x: predictAxis(motion.x, seconds, noise.speedChange * width.value),
    y: predictAxis(motion.y, seconds, noise.speedChange * height.value),
    width: predictSize(width, seconds, noise.sizeChange),
    height: predictSize(height, seconds, noise.sizeChange),
  };
}

export function correctMotion(motion: BoxMotion, box: Box, noise: MotionNoise): BoxMotion {
  const { width, height } = motion;
  return {
    x: correctAxis(motion.x, (box.x1 + box.x2) / 2, noise.centre * width.value),
    y: correctAxis(motion.y, (box.y1 + box.y2) / 2, noise.centre * height.value),
    width: correctSize(width, box.x2 - box.x1, noise.size),
    height: correctSize(height, box.y2 - box.y1, noise.size),
  };
}

export function boxOf({ x, y, width, height }: BoxMotion): Box {
  return {
    x1: x.position - width.value / 2,
    y1: y.position - height.value / 2,
    x2: x.position + width.value / 2,
    y2: y.position + height.value / 2,
  };
}

function startAxis(position: number, size: number, noise: MotionNoise): Axis {
  return {
    position,
    velocity: 0,
    positionVariance: (noise.centre * size) ** 2,
    covariance: 0,
    velocityVariance: (noise.firstSpeed * size) ** 2,
  };
}

/** `speedChange` is the density of the white acceleration: its variance grows with time (Bar-Shalom et al. 2001, 6.2.2). */
function predictAxis(axis: Axis, seconds: number, speedChange: number): Axis {
  const q = speedChange ** 2;
  return {
    position: axis.position + axis.velocity * seconds,
    velocity: axis.velocity,
    positionVariance:
      axis.positionVariance +
      2 * seconds * axis.covariance +
      seconds ** 2 * axis.velocityVariance +
      (q * seconds ** 3) / 3,
    covariance: axis.covariance + seconds * axis.velocityVariance + (q * seconds ** 2) / 2,
    velocityVariance: axis.velocityVariance + q * seconds,
  };
}

function correctAxis(axis: Axis, measured: number, deviation: number): Axis {
  const surprise = measured - axis.position;
  const total = axis.positionVariance + deviation ** 2;
  const positionGain = axis.positionVariance / total;
  const velocityGain = axis.covariance / total;
  return {
    position: axis.position + positionGain * surprise,
    velocity: axis.velocity + velocityGain * surprise,
    positionVariance: (1 - positionGain) * axis.positionVariance,
    covariance: (1 - positionGain) * axis.covariance,
    velocityVariance: axis.velocityVariance - velocityGain * axis.covariance,
  };
}

function predictSize(size: Size, seconds: number, sizeChange: number): Size {
  return { value: size.value, variance: size.variance + (sizeChange * size.value) ** 2 * seconds };
}

function correctSize(size: Size, measured: number, relativeDeviation: number): Size {
  const gain = size.variance / (size.variance + (relativeDeviation * size.value) ** 2);
  return { value: size.value + gain * (measured - size.value), variance: (1 - gain) * size.variance };
}
