/** Operators without a meaning for training here, and what would have to change in the model. */

const quantised = "quantised numbers are not trained; export the float model";
const random = "it draws random numbers; export the model for inference, without noise";
const text = "texts and sequences are no numbers; leave this out of the exported graph";
const sampling = "it samples at computed places; replace it by Resize or a convolution";
const spectral = "Fourier transforms are not read; compute them before the network";
const detection = "it selects boxes, which has no derivative; export the network before it";
const arc = "inverse trigonometric functions are not read; use another activation";
const window = "windows of signals are not read; store them as a constant";
const scatter = "writing at computed places is not read; use Where with a mask";
const bits = "operations on bits have no derivative; compute them before the network";
const selection = "what it selects depends on the data; export the network before it";
const loss = "losses are chosen in the run; export the network before its loss";

export const refusedOperators = {
  Acos: arc,
  AffineGrid: sampling,
  Asin: arc,
  Atan: arc,
  Bernoulli: random,
  BitShift: bits,
  BitwiseAnd: bits,
  BitwiseNot: bits,
  BitwiseOr: bits,
  BitwiseXor: bits,
  BlackmanWindow: window,
  CenterCropPad: "use Slice or Pad",
  Col2Im: "use ConvTranspose",
  Compress: selection,
  ConcatFromSequence: text,
  ConvInteger: quantised,
  DFT: spectral,
  DeformConv: sampling,
  DequantizeLinear: quantised,
  Det: "determinants are not read",
  DynamicQuantizeLinear: quantised,
  GatherElements: selection,
  GridSample: sampling,
  HammingWindow: window,
  HannWindow: window,
  ImageDecoder: text,
  MatMulInteger: quantised,
  MaxRoiPool: detection,
  MaxUnpool: "it needs the places of maxima; use ConvTranspose or Resize",
  MelWeightMatrix: window,
  Multinomial: random,
  NegativeLogLikelihoodLoss: loss,
  NonMaxSuppression: detection,
  Optional: text,
  OptionalGetElement: text,
  OptionalHasElement: text,
  QLinearConv: quantised,
  QLinearMatMul: quantised,
  QuantizeLinear: quantised,
  RandomNormal: random,
  RandomNormalLike: random,
  RandomUniform: random,
  RandomUniformLike: random,
  RegexFullMatch: text,
  ReverseSequence: selection,
  RoiAlign: detection,
  RotaryEmbedding: "write the rotation with Mul, Add, Split and Concat",
  STFT: spectral,
  Scan: "use Loop with a known number of turns, or export the loop unrolled",
  Scatter: scatter,
  ScatterElements: scatter,
  ScatterND: scatter,
  SequenceAt: text,
  SequenceConstruct: text,
  SequenceEmpty: text,
  SequenceErase: text,
  SequenceInsert: text,
  SequenceLength: text,
  SequenceMap: text,
  SoftmaxCrossEntropyLoss: loss,
  SplitToSequence: text,
  StringConcat: text,
  StringNormalizer: text,
  StringSplit: text,
  TensorScatter: scatter,
  TfIdfVectorizer: text,
  TopK: selection,
  Unique: selection,
} as const satisfies Readonly<Record<string, string>>;
