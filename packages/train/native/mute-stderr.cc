// Points file descriptor 2 elsewhere while TensorFlow's library loads: its static initialisers
// write notices there (port.cc: "oneDNN custom operations are on") that no setting silences.
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

namespace {

int original = -1;

napi_value Mute(napi_env, napi_callback_info) {
  if (original >= 0) return nullptr;
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) return nullptr;
  original = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (original >= 0) dup2(nowhere, STDERR_FILENO);
  close(nowhere);
  return nullptr;
}

napi_value Restore(napi_env, napi_callback_info) {
  if (original < 0) return nullptr;
  dup2(original, STDERR_FILENO);
  close(original);
  original = -1;
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "mute", NAPI_AUTO_LENGTH, Mute, nullptr, &function);
  napi_set_named_property(env, exports, "mute", function);
  napi_create_function(env, "restore", NAPI_AUTO_LENGTH, Restore, nullptr, &function);
  napi_set_named_property(env, exports, "restore", function);
  return exports;
}
