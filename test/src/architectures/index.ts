/** Architectures that nobody here designed, as tf.js models, for the exporter's tests and benchmark. */
export { bidirectionalLstm } from "./bidirectional-lstm.js";
export { convVaeDecoder, convVaeEncoder } from "./conv-vae-64.js";
export { denseNet121 } from "./densenet-121.js";
export { mobileNetV2 } from "./mobilenet-v2.js";
export { resNet50 } from "./resnet-50.js";
export { uNet } from "./u-net.js";
