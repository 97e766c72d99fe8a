/** As `webpack init` has it, but for `devtool` and the target of the output. */
export default {
  mode: "production",
  entry: "./main.js",
  output: { filename: "main.js", path: `${import.meta.dirname}/dist`, clean: true },
};
