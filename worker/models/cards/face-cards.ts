import type { ModelCard } from '../manifest.ts'

/** Pixels as they are: mean and scale are inside the graph. */
const RAW: Omit<ModelCard['input'], 'dims'> = {
  name: 'image',
  dtype: 'uint8',
  layout: 'NHWC',
  colour: 'RGB',
  mean: [0, 0, 0],
  std: [1, 1, 1],
}

const FACE_API = {
  package: '@vladmandic/face-api',
  version: '1.7.15',
  licence: 'MIT',
} as const

/** Small face detector: fast enough for every picture. */
const tinyFaceDetector: ModelCard = {
  role: 'face-detector',
  name: 'tiny-face-detector',
  version: '1.0.0',
  file: 'tiny-face-detector.onnx',
  digest: 'sha256:81e5835a72d868f882fe3cd79510105d44d9d94142882dbc0bc62cfa03596d38',
  input: { ...RAW, dims: ['N', 'S', 'S', 3] },
  outputs: [
    {
      name: 'grid',
      dims: ['N', 'S/32', 'S/32', 25],
      dtype: 'float32',
      meaning: '5 anchors x (x, y, w, h, score) a cell',
    },
  ],
  thresholds: {
    side: { value: 416, source: 'vladmandic/face-api src/tinyYolov2/TinyYolov2Options.ts, default input size' },
    score: {
      value: 0.4,
      source: 'measured: no false face on 11 pictures without one, every clear portrait found on 28 ID documents',
    },
    iou: { value: 0.4, source: 'vladmandic/face-api src/tinyFaceDetector/const.ts, IOU_THRESHOLD' },
  },
  origin: {
    ...FACE_API,
    file: 'model/tiny_face_detector_model-weights_manifest.json',
    weights: 'justadudewhohacks/face-api.js, from some 14,000 pictures of its own; data terms not cleared',
  },
  limits: ['measured: finds faces as wide as 10 % of the longer side, none at 6 %: then ask face-detector-wide'],
}

/** Large face detector: the second try. */
const ssdFaceDetector: ModelCard = {
  role: 'face-detector-wide',
  name: 'ssd-mobilenet-v1-face',
  version: '1.0.0',
  file: 'ssd-mobilenet-v1-face.onnx',
  digest: 'sha256:e35f0b8db420d206fd0b3563484b1c948863359297680ca516ff7ef963de0ef1',
  input: { ...RAW, dims: ['N', 512, 512, 3] },
  outputs: [
    {
      name: 'boxes',
      dims: ['N', 5118, 4],
      dtype: 'float32',
      meaning: 'top, left, bottom, right; shares of the square',
    },
    { name: 'scores', dims: ['N', 5118], dtype: 'float32', meaning: '0..1, face' },
  ],
  thresholds: {
    score: { value: 0.5, source: 'vladmandic/face-api src/ssdMobilenetv1/SsdMobilenetv1Options.ts, default' },
    iou: { value: 0.5, source: 'vladmandic/face-api src/ssdMobilenetv1/SsdMobilenetv1.ts, locateFaces' },
  },
  origin: {
    ...FACE_API,
    file: 'model/ssd_mobilenetv1_model-weights_manifest.json',
    weights: 'yeephycho/tensorflow-face-detection, trained on WIDER FACE; data terms not cleared',
  },
  limits: [
    'measured: finds faces as wide as 4 % of the longer side, none at 3 %',
    'some ten times slower than face-detector',
  ],
}

/** 68 facial landmarks. */
const faceLandmarks: ModelCard = {
  role: 'face-landmarks',
  name: 'face-landmarks-68',
  version: '1.0.0',
  file: 'face-landmarks-68.onnx',
  digest: 'sha256:1a36a05a428dd43f78918f6a9886a840e960593fe27698b49972327a946e4e51',
  input: { ...RAW, dims: ['N', 112, 112, 3] },
  outputs: [
    { name: 'points', dims: ['N', 136], dtype: 'float32', meaning: '68 x (x, y), shares of the padded square' },
  ],
  thresholds: {},
  origin: {
    ...FACE_API,
    file: 'model/face_landmark_68_model-weights_manifest.json',
    weights: 'justadudewhohacks/face-api.js, from some 35,000 faces with 68 points each; data terms not cleared',
  },
  limits: [
    'measured: of pairs of one person 98.6 % match with one face tilted by 30 degrees, 90.4 % by 45, none by 90',
  ],
}

/** Face embedding: dlib's ResNet. */
const faceRecognition: ModelCard = {
  role: 'face-embedding',
  name: 'face-recognition-resnet34',
  version: '1.0.0',
  file: 'face-recognition-resnet34.onnx',
  digest: 'sha256:24971065b04f226d918625e6efa30bc97a1d804f5ed6fcf27ef031d01d55aa45',
  input: { ...RAW, dims: ['N', 150, 150, 3] },
  outputs: [{ name: 'embedding', dims: ['N', 128], dtype: 'float32', meaning: 'compare by Euclidean distance d' }],
  thresholds: {
    slope: {
      value: 14,
      source: 'chosen: similarity = 1 / (1 + exp(slope * (d - midpoint))); 0.91 at the median same pair',
    },
    midpoint: {
      value: 0.55,
      source: 'measured: best distance on 1692 pairs of 13 people (99.8 % right); dlib itself advises 0.6',
    },
    match: { value: 0.5, source: 'the similarity at the midpoint distance' },
  },
  origin: {
    ...FACE_API,
    file: 'model/face_recognition_model-weights_manifest.json',
    weights: 'davisking/dlib-models dlib_face_recognition_resnet_model_v1 (CC0); training data terms not cleared',
  },
  limits: [
    'measured on celebrities only, whom the net has probably seen: expect less on selfies against ID photos',
    'its author reports a bias towards white middle-aged adults; children and other groups were not measured',
    'false accept rates below 1 in 1000 were not measured',
  ],
}

/** The models of the face tasks that stem from face-api. */
export const FACE_CARDS: readonly ModelCard[] = [tinyFaceDetector, ssdFaceDetector, faceLandmarks, faceRecognition]
