/** A model of others that `footfall model fetch` brings: a pinned file under a licence that lets anybody use it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly version: string;
  readonly url: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** SPDX identifier. */
  readonly licence: string;
  readonly about: string;
}

const YOLOX = 'https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0';

/** Files as their makers publish them; each is of a format that is recognised without a manifest. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: 'yolox-nano',
    version: '0.1.1rc0',
    url: `${YOLOX}/yolox_nano.onnx`,
    sha256: 'c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d',
    sizeBytes: 3_659_407,
    licence: 'Apache-2.0',
    about: 'YOLOX-Nano, 416x416, COCO: a good start on a processor.',
  },
  {
    name: 'yolox-tiny',
    version: '0.1.1rc0',
    url: `${YOLOX}/yolox_tiny.onnx`,
    sha256: '427cc366d34e27ff7a03e2899b5e3671425c262ea2291f88bb942bc1cc70b0f7',
    sizeBytes: 20_219_662,
    licence: 'Apache-2.0',
    about: 'YOLOX-Tiny, 416x416, COCO: finds more, at several times the cost.',
  },
];
