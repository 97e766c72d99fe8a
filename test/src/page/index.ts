/** The pages of the tests: built as apps are, served, opened. */
export { buildExplorer } from "./build-explorer.js";
export {
  type BuiltPage,
  buildPage,
  buildScript,
  bundlePage,
  modulesForNode,
  modulesOf,
  plainPage,
  RUNTIME_FILES,
  speedPage,
} from "./build-page.js";
export { serve } from "./serve.js";
export { openSite, type Site, type SiteOptions } from "./site.js";
