/** Static files, so that any server will do. */
export default { output: "export" };
