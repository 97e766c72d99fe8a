/** The nets to export: made by tf.js, and the same ones of keras.applications. */
import { mobileNetV2, resNet50 } from "@vaeport/test/architectures";

/** @typedef {import("@tensorflow/tfjs-layers").LayersModel} LayersModel */
/** @typedef {{ title: string, keras: string, make: () => LayersModel }} Net */

/** @type {Record<string, Net>} */
export const NETS = {
  mobilenet: {
    title: "MobileNetV2, 3.5 million parameters, 14 MB",
    keras: "MobileNetV2",
    make: () => mobileNetV2(224),
  },
  resnet: {
    title: "ResNet-50, 25.6 million parameters, 102 MB",
    keras: "ResNet50",
    make: () => resNet50(224),
  },
};
