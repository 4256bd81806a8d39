#include "training/parts/start.h"

#include <torch/torch.h>

#include "base/utf8.h"
#include "concept_lm/bundle_folder.h"

namespace noema {

Start read_start(const std::filesystem::path& folder) {
  if (folder.empty()) return {};
  const BundleFolder stored(folder);
  need_utf8(std::filesystem::canonical(folder).filename().string(), "the name of the bundle to start from");
  Start start{std::filesystem::canonical(folder).filename().string(), stored.tokenizer(), {}, {}};
  for (const std::string& name : stored.part_names()) {
    const StoredPart part = stored.part(name);
    start.architectures[name] = part.architecture;
    for (const auto& [tensor_name, tensor] : part.tensors) {
      start.parts[name][tensor_name] = tensor.to(torch::kFloat32).clone();
    }
  }
  return start;
}

}  // namespace noema
