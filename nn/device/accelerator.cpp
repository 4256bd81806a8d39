#include "nn/device/accelerator.h"

#include <dlfcn.h>

#include "base/error.h"

namespace noema {

std::shared_ptr<const Accelerator> open_cuda() {
  constexpr const char* kWithout = "run scripts/setup --cuda, or use --device cpu";
  void* library = dlopen("libnoema_cuda.so", RTLD_NOW | RTLD_LOCAL);  // never closed: its objects are everywhere
  if (!library) throw Error({"--device cuda", "libtorch's libraries for GPUs", dlerror(), kWithout});
  using Open = Accelerator* (*)();
  const auto open = reinterpret_cast<Open>(dlsym(library, "noema_open_cuda"));
  if (!open) throw Error({"--device cuda", "this program's own libnoema_cuda.so", dlerror(), kWithout});
  return std::shared_ptr<const Accelerator>(open());
}

}  // namespace noema
