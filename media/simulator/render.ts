import { createCanvas } from '@napi-rs/canvas';
import { painted } from './canvas.ts';
import { clockText, paintCaption } from './caption.ts';
import { type Decor, decorOf } from './decor.ts';
import type { Figure } from './figure.ts';
import { noiseTiles, paintNoise, paintVignette } from './film.ts';
import type { Furniture, Occluder } from './furniture.ts';
import { paintInDepth, paintPiece, propOf } from './paint-depth.ts';
import { paintFurnitureShadow } from './paint-furniture.ts';
import { paintShadows, shadowSprite } from './paint-shadows.ts';
import type { Scene } from './scene.ts';
import type { View } from './view.ts';

/** A place ready to be drawn. */
export interface Picture {
  readonly view: View;
  readonly furniture: readonly Furniture[];
  readonly occluders: readonly Occluder[];
  readonly decor: Decor;
}

export interface Moment {
  /** From far to near. */
  readonly figures: readonly Figure[];
  /** How much of the sun is out, 0..1. */
  readonly sun: number;
  /** Any number; the same one gives the same noise. */
  readonly noiseSeed: number;
  readonly captions: readonly string[];
}

export interface Renderer {
  /** RGBA, `widthPx * heightPx * 4` bytes, opaque. The buffer is used again by the next call: read it first. */
  render(moment: Moment): Buffer;
}

export function createRenderer(picture: Picture, widthPx: number, heightPx: number): Renderer {
  const canvas = createCanvas(widthPx, heightPx);
  const ctx = canvas.getContext('2d');
  const room = painted(picture.view, widthPx, heightPx, (brush) => {
    picture.decor.paintRoom(brush);
    for (const item of picture.furniture) {
      if (item.kind !== 'wall') paintFurnitureShadow(brush, item);
    }
    const farFirst = picture.furniture.map((item, i) => ({ item, depthM: picture.occluders[i]?.depthM ?? 0 }));
    for (const { item } of farFirst.sort((a, b) => b.depthM - a.depthM)) paintPiece(brush, item, picture.decor);
  });
  const sun = painted(picture.view, widthPx, heightPx, (brush) => picture.decor.paintSun(brush));
  const vignette = painted(picture.view, widthPx, heightPx, paintVignette);
  const props = picture.furniture.flatMap((item, i) => {
    const occluder = picture.occluders[i];
    return occluder === undefined ? [] : [propOf(picture.view, picture.decor, item, occluder, room, sun)];
  });
  const shadow = shadowSprite();
  const noise = picture.decor.noise > 0 ? noiseTiles(picture.decor.noise) : [];

  return {
    render({ figures, sun: sunShare, noiseSeed, captions }) {
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.globalAlpha = 1;
      ctx.drawImage(room, 0, 0);
      ctx.globalAlpha = sunShare;
      ctx.drawImage(sun, 0, 0);
      ctx.globalAlpha = 1;
      paintShadows(ctx, figures, picture.view, picture.decor, heightPx, shadow);
      paintInDepth(ctx, figures, props, sunShare, picture.decor.light, heightPx);
      ctx.drawImage(vignette, 0, 0);
      paintNoise(ctx, noise, noiseSeed, widthPx, heightPx);
      const dotPx = Math.max(1, Math.round(heightPx / 360));
      captions.forEach((text, i) => {
        const x = i === 0 ? 12 * dotPx : widthPx - (12 + text.length * 6) * dotPx;
        paintCaption(ctx, text, x, 10 * dotPx, dotPx);
      });
      return canvas.data();
    },
  };
}

/** Renders a scene at any time of its loop; the picture at t and at t + duration is the same to the byte. */
export function createSceneRenderer(scene: Scene, widthPx: number, heightPx: number): (tMs: number) => Buffer {
  const renderer = createRenderer({ ...scene, decor: decorOf(scene.name) }, widthPx, heightPx);
  return (tMs) => {
    const t = ((tMs % scene.durationMs) + scene.durationMs) % scene.durationMs;
    const turn = (2 * Math.PI * t) / scene.durationMs;
    return renderer.render({
      figures: scene.figuresAt(t),
      sun: 0.62 + 0.28 * Math.sin(2 * turn + scene.seed) + 0.1 * Math.sin(5 * turn),
      noiseSeed: Math.round(t),
      captions: [scene.title, clockText(t)],
    });
  };
}
