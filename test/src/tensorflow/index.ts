/** tf.js on its native backend, for tests that take too long in plain JavaScript. */
export { loadTensorFlow } from "@vaeport/train/tensorflow";
