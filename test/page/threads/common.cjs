/** A module of the app that makes Vite put its helpers for CommonJS into the app's own file. */
module.exports = { tag: "app" };
